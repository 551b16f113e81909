//! What a module declares and calls, read from its syntax tree.
//!
//! The engine looks a function up when it is called. The author of a policy wants to know about a wrong name when the
//! policy is saved, so every call is looked up here first.

use regorus::unstable::{BUILTINS, Expr, Literal, Module, Query, Ref, Rule, RuleHead};

use crate::{functions, place};

/// A call in a module: the name as it is written, what is called, and with what.
struct Call<'m> {
    name: &'m str,
    function: &'m Expr,
    arguments: &'m [Ref<Expr>],
}

/// The package as it is written, such as `shop.checkout`.
pub(crate) fn package(module: &Module) -> &str {
    module.package.refr.span().text()
}

/// The rules that have a value, in their order and each once: neither functions nor tests.
pub(crate) fn rules(module: &Module) -> Vec<&str> {
    let mut names = Vec::new();
    for rule in &module.policy {
        let name = match rule.as_ref() {
            Rule::Spec { head: RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. }, .. } => root(refr),
            Rule::Default { refr, args, .. } if args.is_empty() => root(refr),
            Rule::Spec { head: RuleHead::Func { .. }, .. } | Rule::Default { .. } => continue,
        };
        if !names.contains(&name) && !name.starts_with("test_") {
            names.push(name);
        }
    }
    names
}

/// The first call of something that is no function, with its place.
pub(crate) fn unknown_call(module: &Module) -> Option<String> {
    let own: Vec<&str> = module.policy.iter().filter_map(|rule| function(rule.as_ref())).collect();
    let imported: Vec<&str> = module
        .imports
        .iter()
        .map(|import| match &import.r#as {
            Some(name) => name.text(),
            None => import.refr.span().text().rsplit(['.', '"']).find(|part| !part.is_empty()).unwrap_or_default(),
        })
        .collect();
    calls(module).into_iter().find_map(|call| {
        let head = call.name.split(['.', '[']).next().unwrap_or_default();
        let is_own = own.contains(&call.name) || head == "data" || imported.contains(&head);
        let wrong = if is_own { None } else { wrong(call.name, call.arguments.len()) };
        let span = first(call.function).span();
        wrong.map(|wrong| place::at(span.line, span.col, &wrong))
    })
}

/// Every pattern that stands as a text in a call of `regex.…`.
pub(crate) fn patterns(module: &Module) -> Vec<&Expr> {
    let is_text = |expression: &&Expr| matches!(expression, Expr::String { .. } | Expr::RawString { .. });
    calls(module).into_iter().filter_map(pattern).filter(is_text).collect()
}

fn pattern<'m>(call: Call<'m>) -> Option<&'m Expr> {
    // `regex.replace` has the text first; all others have the pattern first.
    let place = usize::from(call.name == "regex.replace");
    if call.name.starts_with("regex.") { call.arguments.get(place).map(|parameter| parameter.as_ref()) } else { None }
}

fn wrong(name: &str, arguments: usize) -> Option<String> {
    if name == "print" {
        return None;
    }
    let own = functions::arity(name);
    let Some(takes) = own.or_else(|| BUILTINS.get(name).map(|(_, takes)| usize::from(*takes))) else {
        return Some(format!("there is no function {name}"));
    };
    if name == "walk" && arguments == takes {
        return Some("walk has its result as an argument, as in walk(x, [path, value])".to_owned());
    }
    // One more is where the result goes, as in `plus(1, 2, x)`. The engine knows it of its own functions only.
    let fits = arguments == takes || (own.is_none() && arguments == takes + 1);
    (!fits).then(|| format!("{name} takes {takes} arguments, not {arguments}"))
}

fn function(rule: &Rule) -> Option<&str> {
    match rule {
        Rule::Spec { head: RuleHead::Func { refr, .. }, .. } => Some(refr.span().text()),
        Rule::Default { refr, args, .. } if !args.is_empty() => Some(refr.span().text()),
        Rule::Spec { .. } | Rule::Default { .. } => None,
    }
}

/// The variable that a reference starts with.
fn root(reference: &Expr) -> &str {
    first(reference).span().text()
}

fn first(reference: &Expr) -> &Expr {
    let mut reference = reference;
    while let Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } = reference {
        reference = refr.as_ref();
    }
    reference
}

fn calls(module: &Module) -> Vec<Call<'_>> {
    let mut walk = Walk { expressions: Vec::new(), queries: Vec::new(), calls: Vec::new() };
    for rule in &module.policy {
        walk.rule(rule.as_ref());
        walk.run();
    }
    walk.calls
}

/// A walk through the syntax tree that keeps its own stack: a long sum is a deep tree.
struct Walk<'m> {
    expressions: Vec<&'m Expr>,
    queries: Vec<&'m Query>,
    calls: Vec<Call<'m>>,
}

impl<'m> Walk<'m> {
    fn run(&mut self) {
        loop {
            if let Some(expression) = self.expressions.pop() {
                self.expression(expression);
            } else if let Some(query) = self.queries.pop() {
                query.stmts.iter().for_each(|statement| {
                    self.expressions.extend(statement.with_mods.iter().map(|with| with.r#as.as_ref()));
                    self.literal(&statement.literal);
                });
            } else {
                return;
            }
        }
    }

    fn rule(&mut self, rule: &'m Rule) {
        match rule {
            Rule::Default { value, .. } => self.expressions.push(value.as_ref()),
            Rule::Spec { head, bodies, .. } => {
                let assigned = match head {
                    RuleHead::Compr { assign, .. } | RuleHead::Func { assign, .. } => {
                        assign.as_ref().map(|it| &it.value)
                    }
                    RuleHead::Set { key, .. } => key.as_ref(),
                };
                self.expressions.extend(assigned.map(|value| value.as_ref()));
                for body in bodies {
                    self.expressions.extend(body.assign.as_ref().map(|assign| assign.value.as_ref()));
                    self.queries.push(body.query.as_ref());
                }
            }
        }
    }

    fn literal(&mut self, literal: &'m Literal) {
        match literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn { key, value, collection, .. } => {
                self.expressions.extend(key.as_ref().map(|key| key.as_ref()));
                self.expressions.extend([value.as_ref(), collection.as_ref()]);
            }
            Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => self.expressions.push(expr.as_ref()),
            Literal::Every { domain, query, .. } => {
                self.expressions.push(domain.as_ref());
                self.queries.push(query.as_ref());
            }
        }
    }

    fn expression(&mut self, expression: &'m Expr) {
        match expression {
            Expr::Call { fcn, params, .. } => {
                let name = fcn.span().text();
                self.calls.push(Call { name, function: fcn.as_ref(), arguments: params });
                self.expressions.extend(params.iter().map(|parameter| parameter.as_ref()));
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                self.expressions.extend(items.iter().map(|item| item.as_ref()));
            }
            Expr::Object { fields, .. } => {
                self.expressions.extend(fields.iter().flat_map(|(_, key, value)| [key.as_ref(), value.as_ref()]));
            }
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.expressions.push(term.as_ref());
                self.queries.push(query.as_ref());
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                self.expressions.extend([key.as_ref(), value.as_ref()]);
                self.queries.push(query.as_ref());
            }
            Expr::UnaryExpr { expr, .. } | Expr::RefDot { refr: expr, .. } => self.expressions.push(expr.as_ref()),
            Expr::RefBrack { refr, index, .. } => self.expressions.extend([refr.as_ref(), index.as_ref()]),
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. }
            | Expr::AssignExpr { lhs, rhs, .. } => self.expressions.extend([lhs.as_ref(), rhs.as_ref()]),
            Expr::Membership { key, value, collection, .. } => {
                self.expressions.extend(key.as_ref().map(|key| key.as_ref()));
                self.expressions.extend([value.as_ref(), collection.as_ref()]);
            }
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. }
            | Expr::Var { .. } => {}
        }
    }
}
