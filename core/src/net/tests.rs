use super::packet::TcpFlags;
use super::walk::{End, Role};
use super::*;

const HOST: NetId = NetId(1);

fn two_containers() -> Network {
    let mut network = Network::new(HOST);
    let gateway = Ipv4Addr::new(172, 17, 0, 1);
    network.create_bridge("docker0", gateway, 16);
    for (net, last) in [(NetId(2), 2), (NetId(3), 3)] {
        network.create_stack(net);
        network.attach("docker0", net, Ipv4Addr::new(172, 17, 0, last), 16, Some(gateway));
    }
    network
}

fn syn(from: Endpoint, to: Endpoint) -> packet::Packet {
    packet::Packet::tcp(from, to, 1, 0, TcpFlags::SYN, &[])
}

#[test]
fn neighbours_on_a_bridge_reach_each_other() {
    let mut network = two_containers();
    let (a, b) = (Ipv4Addr::new(172, 17, 0, 2), Ipv4Addr::new(172, 17, 0, 3));
    let walk = network.walk(NetId(2), syn((a, 40_000), (b, 80)));
    assert_eq!(walk.end, End::Delivered { net: NetId(3) });
    assert!(walk.hops.iter().any(|h| h.role == Role::Bridge && &*h.interface == "docker0"));
}

#[test]
fn a_published_port_leads_through_the_door_and_back() {
    let mut network = two_containers();
    let target = (Ipv4Addr::new(172, 17, 0, 2), 80);
    let owner = "web".into();
    network.publish(Publication {
        address: Ipv4Addr::UNSPECIFIED,
        port: 8080,
        udp: false,
        target,
        net: NetId(2),
        owner,
    });
    let local = (Ipv4Addr::LOCALHOST, 40_000);
    let walk = network.walk(HOST, syn(local, (Ipv4Addr::LOCALHOST, 8080)));
    assert_eq!(walk.end, End::Delivered { net: NetId(2) });
    let arrived = &walk.hops.last().expect("hops").packet;
    assert_eq!(arrived.destination(), target);
    let reply = packet::Packet::tcp(target, arrived.source(), 1, 2, TcpFlags::SYN_ACK, &[]);
    let back = network.walk(NetId(2), reply);
    assert_eq!(back.end, End::Delivered { net: HOST });
    let seen = &back.hops.last().expect("hops").packet;
    assert_eq!((seen.source(), seen.destination()), ((Ipv4Addr::LOCALHOST, 8080), local));
}

#[test]
fn two_bridges_are_isolated() {
    let mut network = two_containers();
    let gateway = Ipv4Addr::new(172, 18, 0, 1);
    network.create_bridge("br-1", gateway, 16);
    network.create_stack(NetId(4));
    network.attach("br-1", NetId(4), Ipv4Addr::new(172, 18, 0, 2), 16, Some(gateway));
    let walk =
        network.walk(NetId(4), syn((Ipv4Addr::new(172, 18, 0, 2), 1), (Ipv4Addr::new(172, 17, 0, 2), 80)));
    assert!(matches!(walk.end, End::Dropped { ref rule, .. } if &**rule == "DOCKER-ISOLATION-STAGE-2"));
}

#[test]
fn a_removed_stack_takes_its_veth_pair_along() {
    let mut network = two_containers();
    let before = network.stack(HOST).expect("host").interfaces.len();
    network.remove_stack(NetId(2));
    assert_eq!(network.stack(HOST).expect("host").interfaces.len(), before - 1);
}
