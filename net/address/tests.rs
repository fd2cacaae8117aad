use super::*;
use proptest::prelude::*;

fn pool(text: &str) -> AddressPool {
    AddressPool::new(text.parse().unwrap(), None, None).unwrap()
}

#[test]
fn lowest_first_and_again_at_once() {
    let mut p = pool("172.17.0.0/16");
    assert_eq!(p.gateway.to_string(), "172.17.0.1");
    let (a, b) = (p.take().unwrap(), p.take().unwrap());
    assert_eq!((a.to_string(), b.to_string()), ("172.17.0.2".into(), "172.17.0.3".into()));
    p.release(a);
    assert_eq!(p.take(), Ok(a));
    assert_eq!(p.reserve(b), Err(AddressError::InUse));
    assert_eq!(p.reserve("10.0.0.1".parse().unwrap()), Err(AddressError::OutOfRange));
    assert_eq!(p.reserve("172.17.255.255".parse().unwrap()), Err(AddressError::OutOfRange));
    p.release(p.gateway);
    assert_eq!(p.take().unwrap().to_string(), "172.17.0.4");
}

#[test]
fn a_gateway_at_the_end_and_a_range() {
    let mut p = AddressPool::new(
        "10.10.0.0/24".parse().unwrap(),
        Some("10.10.0.254".parse().unwrap()),
        Some("10.10.0.128/30".parse().unwrap()),
    )
    .unwrap();
    let given: Vec<_> = std::iter::from_fn(|| p.take().ok()).map(|a| a.octets()[3]).collect();
    assert_eq!(given, [128, 129, 130, 131]);
}

#[test]
fn small_subnets_run_out() {
    let mut p = pool("10.0.0.0/30");
    assert_eq!(p.take().unwrap().to_string(), "10.0.0.2");
    assert_eq!(p.take(), Err(AddressError::Exhausted));
}

#[test]
fn default_pools_in_order() {
    let mut used = vec!["172.17.0.0/16".parse().unwrap(), "172.19.4.0/24".parse().unwrap()];
    let mut given = Vec::new();
    while let Some(net) = next_subnet(&used) {
        used.push(net);
        given.push(net.to_string());
    }
    assert_eq!(given.len(), 13 + 16);
    assert_eq!(given[0], "172.18.0.0/16");
    assert_eq!(given[1], "172.20.0.0/16");
    assert_eq!(given[13], "192.168.0.0/20");
    assert_eq!(given[28], "192.168.240.0/20");
}

#[test]
fn hardware_addresses() {
    assert_eq!(Mac::of(Ipv4Addr::new(172, 17, 0, 2)).to_string(), "02:42:ac:11:00:02");
    assert_eq!("02:42:ac:11:00:02".parse(), Ok(Mac::of(Ipv4Addr::new(172, 17, 0, 2))));
    assert!("02:42:ac:11:00".parse::<Mac>().is_err());
    assert!((0..1000).all(|i| Mac::of_index(i).0[0] & 3 == 2));
}

proptest! {
    #[test]
    fn addresses_never_collide(steps in prop::collection::vec((any::<bool>(), 0u8..40), 0..200)) {
        let mut p = pool("10.1.2.0/27");
        let mut held = BTreeSet::from([p.gateway]);
        for (take, n) in steps {
            if take {
                match p.take() {
                    Ok(a) => {
                        prop_assert!(held.insert(a), "{a} was given twice");
                        prop_assert!(p.subnet.contains(&a) && a != p.subnet.network() && a != p.subnet.broadcast());
                        prop_assert!(p.subnet.hosts().take_while(|h| *h != a).all(|h| held.contains(&h)));
                    }
                    Err(e) => prop_assert_eq!((e, held.len()), (AddressError::Exhausted, 30)),
                }
            } else {
                let a = Ipv4Addr::new(10, 1, 2, n);
                p.release(a);
                if a != p.gateway {
                    held.remove(&a);
                }
            }
        }
    }
}
