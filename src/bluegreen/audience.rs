//! Who may see the candidate: source addresses as typed, merged, and spread over listener rules.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// An ALB rule may hold this many condition values in all (facts: Elastic Load Balancing quotas page).
pub const VALUES_PER_RULE: usize = 5;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCidr {
    #[error("\"{0}\" is neither an IPv4 or IPv6 address nor a CIDR block like 203.0.113.0/24")]
    NotACidr(String),
    #[error("\"{typed}\" has bits set beyond its prefix; the block it lies in is {block}")]
    HostBits { typed: String, block: IpNet },
    #[error("255.255.255.255/32 is refused by load balancers as a source address")]
    Broadcast,
}

/// One CIDR as typed; a bare address becomes /32 or /128.
pub fn parse(typed: &str) -> Result<IpNet, BadCidr> {
    let net = match typed.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => typed.parse::<IpNet>().map_err(|_| BadCidr::NotACidr(typed.to_owned()))?,
    };
    if net.trunc() != net {
        return Err(BadCidr::HostBits { typed: typed.to_owned(), block: net.trunc() });
    }
    if net.to_string() == "255.255.255.255/32" {
        return Err(BadCidr::Broadcast);
    }
    Ok(net)
}

/// Drops contained blocks and joins adjacent ones. Matches the same addresses as before.
pub fn merge(nets: &BTreeSet<IpNet>) -> BTreeSet<IpNet> {
    let v4: Vec<Ipv4Net> =
        nets.iter().filter_map(|n| if let IpNet::V4(n) = n { Some(*n) } else { None }).collect();
    let v6: Vec<Ipv6Net> =
        nets.iter().filter_map(|n| if let IpNet::V6(n) = n { Some(*n) } else { None }).collect();
    let mut merged: BTreeSet<IpNet> = Ipv4Net::aggregate(&v4).into_iter().map(IpNet::V4).collect();
    merged.extend(Ipv6Net::aggregate(&v6).into_iter().map(IpNet::V6));
    // A rule cannot be told "everybody but the broadcast address"; only the lone /32 is refused.
    merged
}

/// Spreads `wished` over as few rules of at most `capacity` values as can be. The first rules of `existing` are
/// kept, and what they hold stays there. Returns one set per rule; an existing rule that is no longer needed gets
/// an empty set. Written in this order - new rules, changed rules, then closed ones - nobody is in no rule in
/// between.
pub fn spread(
    wished: &BTreeSet<IpNet>,
    capacity: usize,
    existing: &[BTreeSet<IpNet>],
) -> Vec<BTreeSet<IpNet>> {
    let capacity = capacity.max(1);
    let needed = wished.len().div_ceil(capacity);
    let mut placed = BTreeSet::new();
    let mut rules: Vec<BTreeSet<IpNet>> = existing
        .iter()
        .enumerate()
        .map(|(index, held)| {
            let stays = held.iter().filter(|net| index < needed && wished.contains(net)).take(capacity);
            stays.filter(|net| placed.insert(**net)).copied().collect()
        })
        .collect();
    for net in wished.difference(&placed) {
        match rules.iter_mut().take(needed).find(|rule| rule.len() < capacity) {
            Some(rule) => {
                rule.insert(*net);
            }
            None => rules.push(BTreeSet::from([*net])),
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nets(texts: &[&str]) -> BTreeSet<IpNet> {
        texts.iter().map(|t| parse(t).unwrap()).collect()
    }

    #[test]
    fn bare_addresses_become_single_address_blocks() {
        assert_eq!(parse("10.0.0.7").unwrap().to_string(), "10.0.0.7/32");
        assert_eq!(parse("2001:db8::1").unwrap().to_string(), "2001:db8::1/128");
    }

    #[test]
    fn what_is_no_cidr_is_named() {
        for typed in ["", "10.0.0.0/33", "office", "10.0.0", "10.0.0.0/", "::/129"] {
            assert_eq!(parse(typed), Err(BadCidr::NotACidr(typed.to_owned())));
        }
        assert!(parse("10.0.0.1/24").unwrap_err().to_string().contains("10.0.0.0/24"));
        assert_eq!(parse("255.255.255.255"), Err(BadCidr::Broadcast));
    }

    #[test]
    fn adjacent_and_contained_blocks_are_merged() {
        assert_eq!(
            merge(&nets(&["10.0.0.0/32", "10.0.0.1/32", "10.0.0.0/30", "::1"])),
            nets(&["10.0.0.0/30", "::1"])
        );
    }

    #[test]
    fn what_a_rule_already_holds_stays_there() {
        let existing = [nets(&["1.0.0.0/8"]), nets(&["2.0.0.0/8", "3.0.0.0/8"])];
        let rules = spread(&nets(&["3.0.0.0/8", "4.0.0.0/8", "5.0.0.0/8"]), 2, &existing);
        assert_eq!(rules, [nets(&["4.0.0.0/8", "5.0.0.0/8"]), nets(&["3.0.0.0/8"])]);
    }

    proptest! {
        #[test]
        fn every_block_is_placed_once_and_no_rule_overflows(
            wished in proptest::collection::btree_set((0u8..40).prop_map(|i| parse(&format!("10.{i}.0.0/16")).unwrap()), 0..20),
            existing in proptest::collection::vec(proptest::collection::btree_set((0u8..40).prop_map(|i| parse(&format!("10.{i}.0.0/16")).unwrap()), 0..6), 0..5),
            capacity in 1usize..5,
        ) {
            let rules = spread(&wished, capacity, &existing);
            prop_assert!(rules.iter().all(|rule| rule.len() <= capacity));
            prop_assert_eq!(rules.iter().filter(|rule| !rule.is_empty()).count(), wished.len().div_ceil(capacity));
            prop_assert_eq!(rules.iter().map(BTreeSet::len).sum::<usize>(), wished.len());
            prop_assert_eq!(rules.into_iter().flatten().collect::<BTreeSet<_>>(), wished);
        }
    }
}
