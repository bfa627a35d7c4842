//! Measures the server from outside: a client of its own, real sockets, real Opus.
//!
//! | module | what it does |
//! |---|---|
//! | [`server`] | a server process of one's own, and its `/metrics` |
//! | [`quick`] | an AI client who does not think before they speak |
//! | [`client`] | one connection over WebSocket or WebRTC: sound and events both ways |
//! | [`coach`] | somebody who speaks at a real pace and notes when what came back |
//! | [`wav`] | recordings to frames |
//! | [`process`] | CPU time and memory of a process |
//! | [`floor`] | what the codecs alone cost |
//! | [`stats`] | percentiles |
//! | [`report`] | tables |
//! | [`listen`] | a recording played to a recogniser as the live microphone plays it |
//! | [`lossy`] | speech over a bad network, in simulated time |
//! | [`recordings`] | a folder of recordings and what is said in them |
//! | [`wer`] | word errors |
//! | [`frame`] | what the voice path costs per frame, stage by stage |
//! | [`counting`] | an allocator that counts |
//! | [`annomi`] | counselling sessions labelled by experts |
//! | [`agreement`] | how well two judges agree |
//! | [`load`] | many live sessions at once, at little cost |

pub mod agreement;
pub mod annomi;
pub mod client;
pub mod coach;
pub mod counting;
pub mod floor;
pub mod frame;
pub mod listen;
pub mod load;
pub mod lossy;
pub mod process;
pub mod quick;
pub mod recordings;
pub mod report;
pub mod server;
pub mod stats;
pub mod wav;
pub mod wer;

/// What can go wrong while measuring.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A file or a process cannot be read.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// A recording is not what is needed.
    #[error("{0}")]
    Recording(String),
    /// Labels are not as they should be.
    #[error("labels: {0}")]
    Labels(String),
    /// The server does not start, or does not answer as it should.
    #[error("the server: {0}")]
    Server(String),
    /// A connection broke or was refused.
    #[error("the connection: {0}")]
    Connection(String),
    /// Something that must come did not come in time.
    #[error("waited in vain for {0}")]
    Late(&'static str),
    /// The product's own sound stages failed.
    #[error("sound: {0}")]
    Sound(String),
}

impl BenchError {
    /// A connection that failed for this reason.
    pub fn connection(error: impl std::fmt::Display) -> Self {
        Self::Connection(error.to_string())
    }
}
