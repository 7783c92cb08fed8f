//! Reading and writing RTCP reports.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use duet_media::Time;
use rtc::rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, SymbolTypeTcc, TransportLayerCc,
};

use crate::clock;

/// From 1900, where NTP starts, to 1970.
const NTP_TO_UNIX: Duration = Duration::from_secs(2_208_988_800);
/// Unit of the reference time in transport-wide feedback.
const REFERENCE_MICROS: i64 = 64_000;

/// `time` as a 64-bit NTP timestamp (RFC 5905). Monotonic: later changes of the system clock do not show.
pub(super) fn ntp(time: Time) -> u64 {
    static ORIGIN: OnceLock<Duration> = OnceLock::new();
    let origin = ORIGIN.get_or_init(|| {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        (since_1970 + NTP_TO_UNIX).saturating_sub(clock::now().since(Time::ZERO))
    });
    let since_1900 = *origin + time.since(Time::ZERO);
    let fraction = (u64::from(since_1900.subsec_nanos()) << 32) / 1_000_000_000;
    (since_1900.as_secs() << 32) | fraction
}

/// The round trip a report block tells (RFC 3550 section 6.4.1): `None` when it has seen no report of
/// ours, or tells nonsense.
pub(super) fn round_trip(last_sender_report: u32, delay: u32, now: Time) -> Option<Duration> {
    if last_sender_report == 0 {
        return None;
    }
    let arrival = (ntp(now) >> 16) as u32;
    let units = arrival.wrapping_sub(last_sender_report).wrapping_sub(delay);
    // Rounding can make it slightly negative on a short path; half the range is out of the question.
    let rtt =
        if units >= 1 << 31 { Duration::ZERO } else { Duration::from_secs_f64(f64::from(units) / 65_536.0) };
    (rtt < Duration::from_secs(30)).then_some(rtt.max(Duration::from_micros(100)))
}

/// What transport-wide feedback says of each packet, in order: its number and its arrival in microseconds
/// of the other side's clock. A report that contradicts itself gives what can be told.
pub(super) fn arrivals(feedback: &TransportLayerCc) -> impl Iterator<Item = (u16, Option<i64>)> + '_ {
    let mut time = i64::from(feedback.reference_time) * REFERENCE_MICROS;
    let mut deltas = feedback.recv_deltas.iter();
    symbols(feedback).take(usize::from(feedback.packet_status_count)).enumerate().map_while(
        move |(index, symbol)| {
            let seq = feedback.base_sequence_number.wrapping_add(index as u16);
            let received = match symbol {
                SymbolTypeTcc::PacketNotReceived => false,
                SymbolTypeTcc::PacketReceivedSmallDelta | SymbolTypeTcc::PacketReceivedLargeDelta => true,
                SymbolTypeTcc::PacketReceivedWithoutDelta => return Some((seq, Some(time))),
            };
            if !received {
                return Some((seq, None));
            }
            // Each delta is in microseconds already.
            time += deltas.next()?.delta;
            Some((seq, Some(time)))
        },
    )
}

fn symbols(feedback: &TransportLayerCc) -> impl Iterator<Item = SymbolTypeTcc> + '_ {
    feedback.packet_chunks.iter().flat_map(|chunk| {
        let (run, vector) = match chunk {
            PacketStatusChunk::RunLengthChunk(run) => {
                (Some(std::iter::repeat_n(run.packet_status_symbol, usize::from(run.run_length))), None)
            }
            PacketStatusChunk::StatusVectorChunk(vector) => (None, Some(vector.symbol_list.iter().copied())),
        };
        run.into_iter().flatten().chain(vector.into_iter().flatten())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtc::rtcp::transport_feedbacks::transport_layer_cc::{
        RecvDelta, RunLengthChunk, StatusChunkTypeTcc, StatusVectorChunk, SymbolSizeTypeTcc,
    };

    #[test]
    fn the_round_trip_leaves_out_the_other_sides_delay() {
        let sent = clock::now();
        let report = (ntp(sent) >> 16) as u32;
        let now = sent + Duration::from_millis(150);
        let rtt = round_trip(report, 65_536 / 10, now).unwrap();
        assert!((rtt.as_secs_f64() - 0.050).abs() < 0.001, "{rtt:?}");
        assert_eq!(round_trip(0, 0, now), None);
        assert_eq!(round_trip(report.wrapping_sub(65_536 * 60), 0, now), None);
    }

    #[test]
    fn feedback_tells_numbers_and_arrival_times() {
        use SymbolTypeTcc::{PacketNotReceived, PacketReceivedLargeDelta, PacketReceivedSmallDelta};
        let feedback = TransportLayerCc {
            base_sequence_number: 65_534,
            packet_status_count: 5,
            reference_time: 2,
            packet_chunks: vec![
                PacketStatusChunk::RunLengthChunk(RunLengthChunk {
                    type_tcc: StatusChunkTypeTcc::RunLengthChunk,
                    packet_status_symbol: PacketReceivedSmallDelta,
                    run_length: 2,
                }),
                PacketStatusChunk::StatusVectorChunk(StatusVectorChunk {
                    type_tcc: StatusChunkTypeTcc::StatusVectorChunk,
                    symbol_size: SymbolSizeTypeTcc::TwoBit,
                    symbol_list: vec![
                        PacketNotReceived,
                        PacketReceivedLargeDelta,
                        PacketNotReceived,
                        PacketNotReceived,
                    ],
                }),
            ],
            recv_deltas: [1_000, 250, -500]
                .map(|delta| RecvDelta { type_tcc_packet: PacketReceivedSmallDelta, delta })
                .into(),
            ..Default::default()
        };
        let told: Vec<_> = arrivals(&feedback).collect();
        let expected =
            [(65_534, Some(129_000)), (65_535, Some(129_250)), (0, None), (1, Some(128_750)), (2, None)];
        assert_eq!(told, expected);
    }

    #[test]
    fn feedback_with_too_few_deltas_tells_what_it_can() {
        let feedback = TransportLayerCc {
            packet_status_count: 9,
            packet_chunks: vec![PacketStatusChunk::RunLengthChunk(RunLengthChunk {
                type_tcc: StatusChunkTypeTcc::RunLengthChunk,
                packet_status_symbol: SymbolTypeTcc::PacketReceivedSmallDelta,
                run_length: 9,
            })],
            ..Default::default()
        };
        assert_eq!(arrivals(&feedback).count(), 0);
    }
}
