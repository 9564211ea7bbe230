//! How often programs tried to reach what is not in the container.

use std::fs::read_to_string;

/// The kernel's count of packets and connections that no route led out for, since the container's network was made.
/// Without a network that is every try to reach a bare address. Where a container has no IPv6 at all, the kernel
/// refuses IPv6 before it looks for a route, and counts nothing.
pub(crate) fn unreachable() -> Option<u64> {
    let v4 = of_table(&read_to_string("/proc/net/snmp").ok()?)?;
    let v6 = read_to_string("/proc/net/snmp6").ok().and_then(|text| of_lines(&text)).unwrap_or(0);
    Some(v4 + v6)
}

/// Of a table with a line of names and a line of numbers.
fn of_table(text: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("Ip: "));
    let (names, numbers) = (lines.next()?, lines.next()?);
    let at = names.split_whitespace().position(|name| name == "OutNoRoutes")?;
    numbers.split_whitespace().nth(at)?.parse().ok()
}

/// Of lines of a name and a number.
fn of_lines(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with("Ip6OutNoRoutes"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_kernel_are_read() {
        let table = "Ip: Forwarding OutDiscards OutNoRoutes ReasmOKs\nIp: 2 1 35 4\nIcmp: InMsgs\nIcmp: 7\n";
        assert_eq!(of_table(table), Some(35));
        assert_eq!(of_lines("Ip6OutDiscards\t3\nIp6OutNoRoutes                \t6\n"), Some(6));
        assert_eq!((of_table("Ip: Forwarding\nIp: 1\n"), of_lines("")), (None, None));
    }
}
