//! Why a call could not be answered.

/// Why the WebRTC carrier could not start, or refused an offer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A socket could not be opened.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which address.
        address: std::net::SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Neither UDP nor TCP is enabled.
    #[error("UDP is disabled and no TCP address is set: no call could connect")]
    NoTransport,
    /// The offer breaks a rule; the client should fix it.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// As many calls as allowed exist, or are connecting.
    #[error("too many calls at once; try again later")]
    Busy,
    /// The call has ended, so it cannot be renegotiated.
    #[error("the call has ended")]
    Ended,
    /// The WebRTC stack failed.
    #[error("the call could not be set up: {0}")]
    Setup(String),
}

/// What is wrong with an offer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Longer than [`super::MAX_SDP`] bytes.
    #[error("the SDP offer is larger than 64 KiB")]
    TooLarge,
    /// Not a session description.
    #[error("the SDP offer is malformed: {0}")]
    Malformed(&'static str),
    /// The WebRTC stack cannot work with it.
    #[error("the SDP offer was not accepted: {0}")]
    Rejected(String),
    /// No usable audio section.
    #[error("the SDP offer has no audio section (m=audio over DTLS-SRTP)")]
    NoAudio,
    /// Audio without Opus.
    #[error("the SDP offer's audio section has no Opus codec (opus/48000/2)")]
    NoOpus,
    /// No data channel for events.
    #[error("the SDP offer has no data channel; create one named \"oai-events\" before the offer")]
    NoDataChannel,
    /// Audio and events on different transports.
    #[error("the SDP offer does not bundle audio and data channel (a=group:BUNDLE)")]
    NotBundled,
}
