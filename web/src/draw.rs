//! From a Scene to SVG.

use crate::look::Look;
use crate::scene::{Berth, Scene, outline};
use yew::{Html, html};

const BRICK: f64 = 25.0;
const BERTH: f64 = 168.0;

/// The stage.
pub fn stage(scene: &Scene, width: f64, height: f64) -> Html {
    let floor = height - 86.0;
    let columns = scene.berths.len().max(1) as f64;
    let store = 640.0_f64.max(216.0 + columns * (BERTH + 20.0) + 20.0);
    let store_width = 24.0 + scene.images.len().max(2) as f64 * 100.0;
    let wall = store + store_width + 20.0;
    let wide = width.max(wall + 240.0);
    let bridge = scene.bridges.first().cloned().unwrap_or_default();
    html! {
        <svg class="scene" width={wide.to_string()} height={height.to_string()} role="img" aria-label={outline(scene)}>
            <defs>{ patterns(scene) }{ hatches() }</defs>
            <text x="26" y="28" class="place">{ "Your machine" }</text>
            <text x="206" y="28" class="place">{ "Host" }</text>
            <text x="258" y="28" class="placesub">{ "one Docker daemon" }</text>
            <text x={(wall + 40.0).to_string()} y="28" class="place">{ "Registries" }</text>
            <rect x="26" y="52" width="120" height="36" rx="3" class="box"/>
            <text x="44" y="75" class="name">{ "docker" }</text>
            <path d="M146,70H236" class="wirel"/>
            <rect x={"196"} y="40" width="16" height={(floor - 40.0).to_string()} class="wallfill"/>
            <rect x={wall.to_string()} y="40" width="16" height={(floor - 40.0).to_string()} class="wallfill"/>
            <rect x="236" y="52" width="150" height="36" rx="3" class="box"/>
            <text x="250" y="75" class="name">{ "dockerd" }<tspan dx="8" class="note">{ "API 1.51" }</tspan></text>
            <text x="236" y="130" class="name">{ bridge.0 }<tspan dx="8" class="monod">{ bridge.1 }</tspan></text>
            <line x1="212" y1="146" x2={(store - 20.0).to_string()} y2="146" class="bridge"/>
            <line x1="212" y1="146" x2={(store - 20.0).to_string()} y2="146" class="bridgein"/>
            { for scene.doors.iter().enumerate().map(|(n, (port, owner))| door(n, *port, owner)) }
            { for scene.packets.iter().take(4).enumerate().map(|(n, p)| packet(n, &p.0, p.1)) }
            { for scene.berths.iter().enumerate().map(|(n, b)| berth(b, 236.0 + n as f64 * (BERTH + 20.0), floor)) }
            <rect x="196" y={floor.to_string()} width={(wall - 180.0).to_string()} height="44" class="slabfill"/>
            <path d={format!("M196,{floor}H{}", wall + 16.0)} class="slabline"/>
            <rect x="220" y={(floor + 10.0).to_string()} width="290" height="24" rx="2" class="slabplate"/>
            <text x="230" y={(floor + 27.0).to_string()} class="name">{ "Kernel" }<tspan dx="10" class="note">{ "Linux 6.8, one for every container" }</tspan></text>
            <text x={(store + 10.0).to_string()} y="112" class="name">{ "Image store" }</text>
            <path d={format!("M{store},96V{floor}M{},96V{floor}", store + store_width)} class="upright"/>
            <line x1={store.to_string()} y1={(floor - 12.0).to_string()} x2={(store + store_width).to_string()} y2={(floor - 12.0).to_string()} class="shelf"/>
            { for scene.images.iter().enumerate().map(|(n, s)| {
                let x = store + 12.0 + n as f64 * 100.0;
                let top = floor - 14.0 - s.layers.len() as f64 * BRICK;
                html! { <g>{ stack(&s.layers, x, floor - 14.0, 84.0) }<text x={x.to_string()} y={(top - 8.0).to_string()} class="mono12">{ &s.name }</text></g> }
            }) }
            { registries(scene, wall + 40.0, floor) }
            { for scene.blobs.iter().enumerate().map(|(n, b)| {
                let (from, to) = if b.push { (wall - 60.0, wall + 50.0) } else { (wall + 120.0, wall - 60.0) };
                let x = from + (to - from) * b.part;
                let y = 190.0 + n as f64 * 76.0;
                html! { <g data-blob={b.digits.clone()} data-part={format!("{:.3}", b.part)}>
                    <path d={format!("M{},{}H{}", wall + 160.0, y + 12.0, wall - 60.0)} class="wirel todo"/>
                    <rect x={x.to_string()} y={y.to_string()} width="84" height="24" rx="2" class="token"/>
                    <text x={(x + 10.0).to_string()} y={(y + 17.0).to_string()} class="mono12">{ &b.digits[..6] }</text>
                    <rect x={x.to_string()} y={(y + 30.0).to_string()} width="84" height="7" rx="3.5" class="progbg"/>
                    <rect x={x.to_string()} y={(y + 30.0).to_string()} width={(84.0 * b.part).to_string()} height="7" rx="3.5" class="prog"/>
                    <text x={(x + 42.0).to_string()} y={(y + 54.0).to_string()} class="mono12 b" text-anchor="middle">
                        { format!("{:.1} / {:.1} MB", b.size as f64 * b.part / 1e6, b.size as f64 / 1e6) }
                    </text>
                </g> }
            }) }
        </svg>
    }
}

fn registries(scene: &Scene, x: f64, floor: f64) -> Html {
    let request = scene.request.clone().map(|r| r.chars().take(22).collect::<String>());
    html! { <g>
        <path d={format!("M{x},46V{floor}M{},46V{floor}", x + 180.0)} class="upright"/>
        <text x={(x + 12.0).to_string()} y="64" class="name">{ "Docker Hub" }</text>
        <text x={(x + 12.0).to_string()} y="83" class="mono12">{ "registry-1.docker.io" }</text>
        <line x1={x.to_string()} y1={floor.to_string()} x2={(x + 180.0).to_string()} y2={floor.to_string()} class="shelf"/>
        if let Some(request) = request {
            <text x={(x + 12.0).to_string()} y="120" class="mono12 c-blue">{ request }</text>
        }
    </g> }
}

fn door(n: usize, port: u16, owner: &str) -> Html {
    let y = 128.0 + n as f64 * 40.0;
    html! { <g data-door={port.to_string()}>
        <title>{ format!("Port {port} of the host leads to {owner}") }</title>
        <rect x="196" y={y.to_string()} width="16" height="32" class="opening"/>
        <path d={format!("M194,{y}h20M194,{}h20", y + 32.0)} class="lintel"/>
        <rect x="146" y={(y + 6.0).to_string()} width="46" height="20" rx="2" class="plate"/>
        <text x="169" y={(y + 20.5).to_string()} class="platenum" text-anchor="middle">{ port }</text>
    </g> }
}

fn packet(n: usize, label: &str, part: f64) -> Html {
    let x = 212.0 + 180.0 * part;
    let y = 140.0 - n as f64 * 4.0;
    html! { <g data-packet={label.to_owned()}>
        <rect x={x.to_string()} y={y.to_string()} width="18" height="12" rx="1" class="token"/>
        <text x={(x + 9.0).to_string()} y={(y + 28.0).to_string()} class="mono12 c-blue halo" text-anchor="middle">{ label.chars().take(30).collect::<String>() }</text>
    </g> }
}

fn berth(berth: &Berth, x: f64, floor: f64) -> Html {
    let top = 186.0;
    let stack_top = floor - 2.0 - berth.layers.len() as f64 * BRICK;
    let exited = berth.state == "exited";
    html! { <g class={format!("berth {}", berth.state)} data-container={berth.name.clone()} data-state={berth.state}>
        <rect x={x.to_string()} y={top.to_string()} width={BERTH.to_string()} height={(floor - top).to_string()} rx="3" class="yard"/>
        if exited {
            <rect x={x.to_string()} y={top.to_string()} width={BERTH.to_string()} height={(floor - top).to_string()} rx="3" class="ghost"/>
        } else {
            <path d={format!("M{},146V{top}", x + BERTH / 2.0)} class="veth"/>
            <rect x={x.to_string()} y={top.to_string()} width={BERTH.to_string()} height={(floor - top).to_string()} rx="3" class="fence"/>
            if berth.state != "paused" {
                <rect x={x.to_string()} y={top.to_string()} width={BERTH.to_string()} height={(floor - top).to_string()} rx="3" class="pickets"/>
            }
            <rect x={(x + BERTH / 2.0 - 6.0).to_string()} y={(top - 5.0).to_string()} width="12" height="10" rx="2" class="plug"/>
        }
        <text x={(x + 14.0).to_string()} y={(top + 26.0).to_string()} class="name">{ berth.name.chars().take(16).collect::<String>() }</text>
        <text x={(x + 14.0).to_string()} y={(top + 44.0).to_string()} class={format!("status st-{}", berth.state)}>{ format!("{} {}", glyph(berth.state), berth.word) }</text>
        <text x={(x + 14.0).to_string()} y={(top + 62.0).to_string()} class="mono">{ berth.image.chars().take(19).collect::<String>() }</text>
        <text x={(x + 14.0).to_string()} y={(top + 80.0).to_string()} class="monod">{ &berth.address }</text>
        { for berth.processes.iter().take(2).enumerate().map(|(n, (own, name, host))| {
            let y = top + 88.0 + n as f64 * 40.0;
            html! { <g class="chip">
                <rect x={(x + 12.0).to_string()} y={y.to_string()} width="112" height="22" rx="11" class="chipbox"/>
                <text x={(x + 24.0).to_string()} y={(y + 15.4).to_string()} class="mono"><tspan class="b">{ own }</tspan>{ format!(" {}", name.chars().take(10).collect::<String>()) }</text>
                <text x={(x + 14.0).to_string()} y={(y + 36.0).to_string()} class="note">{ format!("pid {host} on the host") }</text>
            </g> }
        }) }
        <g class="writable">
            <rect x={(x + 12.0).to_string()} y={(stack_top - 24.0).to_string()} width={(BERTH - 24.0).to_string()} height="22" rx="2" class="wedge"/>
            <text x={(x + 22.0).to_string()} y={(stack_top - 8.5).to_string()} class="bt mono12">{ "writable" }</text>
        </g>
        { stack(&berth.layers, x + 12.0, floor - 2.0, BERTH - 24.0) }
    </g> }
}

const fn glyph(state: &str) -> &'static str {
    match state.as_bytes()[0] {
        b'r' => "\u{25b6}",
        b'p' => "\u{23f8}",
        b's' => "\u{25d1}",
        _ => "\u{25a1}",
    }
}

fn stack(layers: &[Look], x: f64, bottom: f64, width: f64) -> Html {
    html! { <>{ for layers.iter().enumerate().map(|(n, layer)| {
        let y = bottom - (n as f64 + 1.0) * BRICK;
        html! { <g class={format!("brick b{}", layer.pigment)} data-layer={layer.digits.clone()}>
            <title>{ format!("layer {}: {}", &layer.digits[..8], layer.name) }</title>
            <rect x={x.to_string()} y={y.to_string()} width={width.to_string()} height={(BRICK - 1.5).to_string()} rx="2" fill={format!("url(#L{})", layer.digits)} class="bedge"/>
            <rect x={(x + 5.0).to_string()} y={(y + 3.5).to_string()} width="51.56" height="17" rx="1.5" class="bplate"/>
            <text x={(x + 9.0).to_string()} y={(y + 16.3).to_string()} class="bt" style="font-size:12px">{ &layer.digits[..6] }</text>
        </g> }
    }) }</> }
}

fn patterns(scene: &Scene) -> Html {
    let all = scene.images.iter().flat_map(|s| &s.layers).chain(scene.berths.iter().flat_map(|b| &b.layers));
    let mut seen = std::collections::BTreeSet::new();
    html! { <>{ for all.filter(|l| seen.insert(l.digits.clone())).map(|l| html! {
        <pattern id={format!("L{}", l.digits)} width="12" height="12" patternUnits="userSpaceOnUse">
            <rect width="12" height="12" fill={format!("var(--b{}-fill)", l.pigment)}/>
            <path d={l.path} fill="none" stroke={format!("var(--b{}-mark)", l.pigment)} stroke-width={if l.dots { "3.6" } else { "1.6" }} stroke-linecap="round"/>
        </pattern>
    }) }</> }
}

fn hatches() -> Html {
    html! { <>
        <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" fill="var(--wall)"/><line x1="0" y1="0" x2="0" y2="7" stroke="var(--wall-hatch)" stroke-width="1.4"/></pattern>
        <pattern id="hatch-slab" width="10" height="10" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="10" height="10" fill="var(--slab)"/><line x1="0" y1="0" x2="0" y2="10" stroke="var(--slab-hatch)" stroke-width="1.2"/></pattern>
    </> }
}
