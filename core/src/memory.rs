//! What a running program remembers between two steps: plain data.
//!
//! It lies under the kernel, which keeps it with the process, while what programs *do* lies above the
//! engine (`program`, `shell`, `service`, `cli`). So a shell halfway through a loop is part of the World.

use serde::{Deserialize, Serialize};
use std::rc::Rc;

pub mod application;
pub mod client;
pub mod environment;
pub mod shell;
pub mod tool;

/// The memory of one process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Memory {
    /// Just executed: the program has not begun.
    #[default]
    Fresh,
    /// A shell.
    Shell(Rc<shell::Shell>),
    /// A command-line tool or a service.
    Tool(Rc<tool::Tool>),
    /// The `docker` client.
    Client(Rc<client::Client>),
}
