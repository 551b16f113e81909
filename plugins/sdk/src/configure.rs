//! Reads the confs of one policy and reports everything that is wrong with them.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::Problem;

/// Reads every conf and hands it to `configure`. The error has one problem for each bad conf, with its place.
pub(crate) fn all<Conf: DeserializeOwned, T>(
    confs: &[String],
    configure: impl Fn(Conf) -> Result<T, Problem>,
) -> Result<Vec<T>, Vec<(u32, Problem)>> {
    let mut configured = Vec::with_capacity(confs.len());
    let mut problems = Vec::new();
    for (index, conf) in (0..).zip(confs) {
        match read(conf).and_then(&configure) {
            Ok(one) => configured.push(one),
            Err(problem) => problems.push((index, problem)),
        }
    }
    if problems.is_empty() { Ok(configured) } else { Err(problems) }
}

fn read<Conf: DeserializeOwned>(conf: &str) -> Result<Conf, Problem> {
    let mut deserializer = serde_json::Deserializer::from_str(conf);
    let read = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| Problem { path: pointer(error.path()), message: error.inner().to_string() })?;
    deserializer.end().map_err(|error| Problem { path: String::new(), message: error.to_string() })?;
    Ok(read)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    type Conf = BTreeMap<String, Vec<u8>>;

    fn lengths(confs: &[&str]) -> Result<Vec<usize>, Vec<(u32, Problem)>> {
        let confs: Vec<String> = confs.iter().map(|conf| (*conf).to_owned()).collect();
        all(&confs, |conf: Conf| if conf.is_empty() { Err(Problem::new("", "empty")) } else { Ok(conf.len()) })
    }

    #[test]
    fn good_confs_keep_their_order() {
        assert_eq!(lengths(&[r#"{"a":[],"b":[]}"#, r#"{"a":[1]}"#]), Ok(vec![2, 1]));
    }

    #[test]
    fn every_bad_conf_is_reported_with_its_place() {
        let problems = lengths(&["{}", r#"{"a":[]}"#, r#"{"x/y":[1,"z"]}"#, "{} x", "["]).unwrap_err();
        let places: Vec<_> = problems.iter().map(|(index, problem)| (*index, problem.path.as_str())).collect();
        assert_eq!(places, [(0, ""), (2, "/x~1y/1"), (3, ""), (4, "")]);
    }
}
