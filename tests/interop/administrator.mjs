// An administrator of the tenant `default`, for scripts that make their own servers and clients over the API.

/** Logs in with the secret of the first start; answers what makes things. */
export async function administrator(base, secret) {
  const answer = await fetch(`${base}/default/admin/oauth2/token`, {
    method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'admin', client_secret: secret }),
  });
  const { access_token: token } = await answer.json();
  return async function make(collection, body) {
    const answer = await fetch(`${base}/api/admin/default/${collection}`, {
      method: 'POST', body: JSON.stringify(body),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    if (answer.status !== 201) throw new Error(`${collection}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
}
