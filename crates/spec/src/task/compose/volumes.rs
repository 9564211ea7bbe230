//! What a service mounts: what of it is carried out, and what is refused.

use super::{MAIN, kinds::Spot, said::Said, values::plain};
use crate::{
    task::reader::Reader,
    yaml::{Node, What},
};

impl Reader<'_, '_> {
    /// Of what is mounted, `/logs` is there anyway, and a volume of one service is part of its container's disk. Files of
    /// the task are copied for a service; nothing else of this machine is given.
    pub(super) fn volume(&mut self, name: &str, at: &Spot, volume: &Node, said: &mut Said) {
        let Some(Mounted { source, target, read_only }) = self.mounted(at, volume) else {
            return self.no_compose(at, "nothing of this machine is mounted but what is written to `/logs`");
        };
        let own = self.dir.join("environment");
        let is_path = source.starts_with(['.', '/', '~']) || source.contains("${");
        let is_logs = target == "/logs" || target.starts_with("/logs/");
        if is_logs && name == MAIN && !source.starts_with(['/', '~']) {
            return;
        }
        if !is_path {
            said.volumes.extend(Some((source, at.line)).filter(|(source, _)| !source.is_empty()));
            return;
        }
        let place = plain(&own, &self.in_folder(&source, &own));
        if name != MAIN && read_only && !source.starts_with('~') && place.starts_with(self.dir) {
            if !place.exists() {
                let place = place.strip_prefix(self.dir).unwrap_or(&place).display().to_string();
                return self.wrong_compose(at, &format!("there is no `{place}` in the task"), None);
            }
            said.files.push((place, target));
            return;
        }
        self.no_compose(
            at,
            "nothing of this machine is mounted but what is written to `/logs`, and files of the task that a service \
             only reads (`:ro`)",
        );
    }

    fn mounted(&mut self, at: &Spot, volume: &Node) -> Option<Mounted> {
        if let What::Map(_) = &volume.what {
            let said = |key: &str| volume.get(key).and_then(Node::text).map(str::to_owned);
            let target = self.filled(at.line, &said("target")?);
            let source = said("source").unwrap_or_default();
            let read_only = volume.get("read_only").is_some_and(|read_only| self.truth(at, read_only));
            return matches!(said("type")?.as_str(), "volume" | "bind").then_some(Mounted {
                source,
                target,
                read_only,
            });
        }
        let said = volume.text()?;
        // A colon inside of braces separates nothing.
        let mut parts = vec![String::new()];
        let mut depth = 0;
        for one in said.chars() {
            match one {
                '{' => depth += 1,
                '}' => depth -= 1,
                ':' if depth == 0 => {
                    parts.push(String::new());
                    continue;
                }
                _ => {}
            }
            parts.last_mut()?.push(one);
        }
        let (source, target, options) = match &*parts {
            [target] => (String::new(), target, ""),
            [source, target] => (source.clone(), target, ""),
            [source, target, options] => (source.clone(), target, options.as_str()),
            _ => return None,
        };
        let read_only = options.split(',').any(|option| option == "ro");
        Some(Mounted { source, target: self.filled(at.line, target), read_only })
    }
}

/// One entry of `volumes`.
struct Mounted {
    source: String,
    target: String,
    read_only: bool,
}
