//! A call in the hands of whoever answered it: hang up, renegotiate, look at its quality.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, watch};
use webrtc::peer_connection::{PeerConnection, RTCStatsReportEntry, StatsSelector};

use super::addresses::Addresses;
use super::call::Shared;
use super::error::Error;
use super::mux::Registration;
use super::{peer, sdp};

/// A call as seen by whoever answered it. Dropping it does not end the call.
#[derive(Clone)]
pub struct CallHandle {
    pub(super) connection: Arc<dyn PeerConnection>,
    pub(super) shared: Arc<Shared>,
    pub(super) registration: Weak<Registration>,
    pub(super) addresses: Arc<Addresses>,
    /// Also keeps negotiations of one call from overlapping.
    pub(super) gathered: Arc<Mutex<watch::Receiver<bool>>>,
}

impl CallHandle {
    /// Hangs up on the client's behalf; the session gets [`crate::link::Closed::ByClient`].
    pub fn close(&self) {
        self.shared.hang_up.cancel();
    }

    /// Answers a later offer of the same call: an ICE restart after a change of network, or
    /// another microphone.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] if the call is over, [`Error::Offer`] if the offer cannot be taken; the
    /// call then goes on as it was.
    pub async fn reoffer(&self, offer: &str) -> Result<String, Error> {
        let offer = sdp::check_offer(offer)?;
        let registration = self.registration.upgrade().ok_or(Error::Ended)?;
        let mut gathered = self.gathered.lock().await;
        let answer = peer::negotiate(
            self.connection.as_ref(),
            &mut gathered,
            offer,
            &self.addresses.candidates(),
        )
        .await?;
        registration.answer_to(&answer.fragment);
        self.shared
            .payload_type
            .store(answer.payload_type, Ordering::Relaxed);
        Ok(answer.sdp)
    }

    /// What is known of the connection's quality now.
    pub async fn stats(&self) -> CallStats {
        let report = self
            .connection
            .get_stats(Instant::now(), StatsSelector::None)
            .await;
        let mut stats = CallStats {
            lagged: self.shared.lagged.load(Ordering::Relaxed),
            ..CallStats::default()
        };
        for entry in report.iter() {
            match entry {
                RTCStatsReportEntry::RemoteInboundRtp(remote) => {
                    stats.remote_loss = Some(remote.fraction_lost);
                    stats.remote_jitter = seconds(remote.received_rtp_stream_stats.jitter);
                    if remote.round_trip_time_measurements > 0 {
                        stats.round_trip = seconds(remote.round_trip_time);
                    }
                }
                RTCStatsReportEntry::IceCandidatePair(pair) if pair.nominated => {
                    stats.round_trip = stats
                        .round_trip
                        .or_else(|| seconds(pair.current_round_trip_time));
                }
                RTCStatsReportEntry::InboundRtp(inbound) => {
                    let received = &inbound.received_rtp_stream_stats;
                    stats.packets_received += received.packets_received;
                    stats.packets_lost += u64::try_from(received.packets_lost).unwrap_or(0);
                }
                RTCStatsReportEntry::OutboundRtp(outbound) => {
                    stats.packets_sent += outbound.sent_rtp_stream_stats.packets_sent;
                }
                _ => {}
            }
        }
        if let Some(registration) = self.registration.upgrade() {
            stats.overflowed = registration.inbox().overflowed() as u64;
        }
        stats
    }
}

impl std::fmt::Debug for CallHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallHandle").finish_non_exhaustive()
    }
}

/// Quality of a call's connection.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CallStats {
    /// Time to the client and back, by RTCP or else by ICE.
    pub round_trip: Option<Duration>,
    /// Share of our packets the client missed since its last report, 0 to 1.
    pub remote_loss: Option<f64>,
    /// Jitter of our packets at the client.
    pub remote_jitter: Option<Duration>,
    /// Packets of the client that arrived.
    pub packets_received: u64,
    /// Packets of the client that did not.
    pub packets_lost: u64,
    /// Packets sent to the client.
    pub packets_sent: u64,
    /// Packets dropped because the session did not take them in time.
    pub lagged: u64,
    /// Datagrams dropped because the call's driver did not take them in time.
    pub overflowed: u64,
}

fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|duration| !duration.is_zero())
}
