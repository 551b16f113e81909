//! IP networks in CIDR notation, and single addresses.

use std::net::IpAddr;

/// A network: its first address and how many leading bits are fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    first: IpAddr,
    bits: u32,
}

impl Network {
    /// Reads `10.0.0.0/8`, `2001:db8::/32` or a single address.
    pub(crate) fn parse(text: &str) -> Result<Network, &'static str> {
        const FORM: &str = "is not an IP address or a network such as 10.0.0.0/8";
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().map_err(|_| FORM)?;
        if first.to_canonical() != first {
            return Err("is an IPv4 address in IPv6 form, write the IPv4 network itself");
        }
        let width = if first.is_ipv4() { 32 } else { 128 };
        let bits = match length {
            None => width,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().map_err(|_| FORM)?,
            Some(_) => return Err(FORM),
        };
        let network = Network { first, bits };
        match bits {
            _ if bits > width => Err("has a longer prefix than its addresses have bits"),
            _ if network.fixed(first) != number(first) => Err("has bits set after its prefix"),
            _ => Ok(network),
        }
    }

    /// Whether the address lies in the network. IPv4 addresses in IPv6 form count as IPv4.
    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && self.fixed(address) == number(self.first)
    }

    /// The address with everything after the prefix set to zero.
    fn fixed(&self, address: IpAddr) -> u128 {
        let width = if address.is_ipv4() { 32 } else { 128 };
        let free = width - self.bits.min(width);
        number(address).checked_shr(free).and_then(|kept| kept.checked_shl(free)).unwrap_or(0)
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, address: &str) -> bool {
        Network::parse(network).unwrap().holds(address.parse().unwrap())
    }

    #[test]
    fn networks_hold_their_addresses() {
        for (network, inside) in [
            ("10.0.0.0/8", "10.255.0.1"),
            ("0.0.0.0/0", "1.2.3.4"),
            ("1.2.3.4", "1.2.3.4"),
            ("10.0.0.0/8", "::ffff:10.1.1.1"),
            ("2001:db8::/32", "2001:db8:ffff::1"),
            ("::/0", "2001::1"),
            ("192.168.4.0/23", "192.168.5.255"),
        ] {
            assert!(holds(network, inside), "{network} {inside}");
        }
        for (network, outside) in [
            ("10.0.0.0/8", "11.0.0.0"),
            ("1.2.3.4", "1.2.3.5"),
            ("::/0", "1.2.3.4"),
            ("0.0.0.0/0", "::1"),
            ("192.168.4.0/23", "192.168.6.0"),
            ("2001:db8::/32", "2001:db9::"),
        ] {
            assert!(!holds(network, outside), "{network} {outside}");
        }
    }

    #[test]
    fn malformed_networks_are_refused() {
        for text in [
            "",
            "x",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0.0/+8",
            "10.0.0/8",
            "::ffff:1.2.3.4",
            "::/129",
            "010.0.0.1",
        ] {
            assert!(Network::parse(text).is_err(), "{text}");
        }
    }
}
