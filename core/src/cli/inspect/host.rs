//! `HostConfig` of `docker inspect`: what was asked of the host.

use super::nullable;
use crate::container::{Container, MountKind, MountPoint};
use serde_json::{Map, Value, json};

pub fn host_json(container: &Container) -> Value {
    let host = &container.host;
    let mut bindings = Map::new();
    for p in &host.ports {
        let entry = json!({ "HostIp": p.address, "HostPort": p.port });
        match bindings.get_mut(&p.container) {
            Some(Value::Array(all)) => all.push(entry),
            _ => {
                bindings.insert(p.container.clone(), json!([entry]));
            }
        }
    }
    let paths = |all: &str| -> Value {
        if host.privileged { Value::Null } else { all.split(' ').map(Value::from).collect::<Vec<_>>().into() }
    };
    let linked = host.links.iter().filter(|_| container.networks.contains_key("bridge")).map(|link| {
        let (target, alias) = crate::engine::link::parts(link);
        format!("/{target}:/{}/{alias}", container.name)
    });
    let links: Vec<String> = linked.collect();
    let mut value = json!({
        "Binds": nullable(&host.binds), "ContainerIDFile": "", "LogConfig": { "Type": if host.log_driver.is_empty() { "json-file" } else { &host.log_driver }, "Config": host.log_options },
        "NetworkMode": host.network_mode, "PortBindings": bindings,
        "RestartPolicy": { "Name": host.restart.name, "MaximumRetryCount": host.restart.maximum },
        "AutoRemove": host.auto_remove, "VolumeDriver": "", "VolumesFrom": nullable(&host.volumes_from), "ConsoleSize": [0, 0],
        "CapAdd": nullable(&host.cap_add), "CapDrop": nullable(&host.cap_drop), "CgroupnsMode": host.cgroupns_mode,
        "Dns": host.dns, "DnsOptions": [], "DnsSearch": [], "ExtraHosts": nullable(&host.extra_hosts), "GroupAdd": null,
        "IpcMode": host.ipc_mode, "Cgroup": "", "Links": nullable(&links), "OomScoreAdj": 0, "PidMode": host.pid_mode,
        "Privileged": host.privileged, "PublishAllPorts": host.publish_all, "ReadonlyRootfs": host.read_only,
        "SecurityOpt": nullable(&host.security), "UTSMode": host.uts_mode, "UsernsMode": host.userns_mode,
        "ShmSize": host.shm_size, "Runtime": "runc", "Isolation": "", "CpuShares": host.cpu_shares, "Memory": host.memory,
        "NanoCpus": host.nano_cpus, "CgroupParent": "", "BlkioWeight": 0, "BlkioWeightDevice": [],
        "BlkioDeviceReadBps": [], "BlkioDeviceWriteBps": [], "BlkioDeviceReadIOps": [], "BlkioDeviceWriteIOps": [],
        "CpuPeriod": 0, "CpuQuota": 0, "CpuRealtimePeriod": 0, "CpuRealtimeRuntime": 0, "CpusetCpus": "", "CpusetMems": "",
        "Devices": [], "DeviceCgroupRules": null, "DeviceRequests": null, "MemoryReservation": host.memory_reservation, "MemorySwap": host.memory_swap,
        "MemorySwappiness": null, "OomKillDisable": null, "PidsLimit": host.pids_limit, "Ulimits": [],
        "CpuCount": 0, "CpuPercent": 0, "IOMaximumIOps": 0, "IOMaximumBandwidth": 0,
        "MaskedPaths": paths("/proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/sched_debug /proc/scsi /proc/timer_list /proc/timer_stats /sys/devices/virtual/powercap /sys/firmware"),
        "ReadonlyPaths": paths("/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger"),
    });
    // What nobody asked for is left out.
    let mounts: Vec<Value> = host.mounts.iter().map(mount_json).collect();
    for (name, there, asked) in [
        ("Mounts", !mounts.is_empty(), mounts.into()),
        ("Tmpfs", !host.tmpfs.is_empty(), json!(host.tmpfs)),
        ("Init", host.init.is_some(), json!(host.init)),
    ] {
        if there {
            value[name] = asked;
        }
    }
    value
}

/// A `--mount` as it was asked for.
fn mount_json(m: &MountPoint) -> Value {
    let (kind, source) = match m.kind {
        MountKind::Bind => ("bind", &m.source),
        MountKind::Volume => ("volume", &m.name),
        MountKind::Tmpfs => ("tmpfs", &m.name),
    };
    let mut value = json!({ "Type": kind });
    if !source.is_empty() {
        value["Source"] = source.clone().into();
    }
    value["Target"] = m.destination.clone().into();
    if m.read_only {
        value["ReadOnly"] = true.into();
    }
    value
}
