//! Which ports a service says that it has. Nothing of this machine leads to them; one of them matters.

use super::kinds::Spot;
use crate::{
    task::reader::Reader,
    yaml::{Node, What},
};

impl Reader<'_, '_> {
    /// Whether one of them is where names are asked for: `53`, `53/udp`, `8053:53`, `127.0.0.1:53:53/udp`, `{ target: 53 }`.
    pub(super) fn ports(&mut self, at: &Spot, value: &Node) -> bool {
        let What::List(ports) = &value.what else {
            self.wrong_compose(at, "it is to be a list of ports", None);
            return false;
        };
        let mut is_of_names = false;
        for port in ports {
            let spot = Spot { line: port.line, ..at.clone() };
            let said = match &port.what {
                What::Map(_) => port.get("target").and_then(Node::printed),
                _ => port.printed(),
            };
            let said = said.map(|said| self.filled(port.line, &said)).unwrap_or_default();
            match range(&said) {
                Some((first, last)) => is_of_names |= (first..=last).contains(&53),
                None => self.wrong_compose(&spot, &format!("`{said}` is no port of a container"), None),
            }
        }
        is_of_names
    }
}

/// The container's ports, from the first to the last.
fn range(said: &str) -> Option<(u16, u16)> {
    let last = said.rsplit(':').next().unwrap_or_default();
    let ports = match last.split_once('/') {
        Some((ports, "tcp" | "udp" | "sctp")) => ports,
        Some(_) => return None,
        None => last,
    };
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_the_last_of_what_is_said() {
        assert_eq!(range("53"), Some((53, 53)));
        assert_eq!(range("127.0.0.1:8053:53/udp"), Some((53, 53)));
        assert_eq!(range("8000-8002:9000-9002"), Some((9000, 9002)));
        for wrong in ["", "abc", "80/icmp", "99999", "9-8", "1.5", "-1"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }
}
