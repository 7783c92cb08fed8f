//! Ordinary calls.

use super::*;

#[tokio::test]
async fn two_peers_connect_and_exchange_media_both_ways() {
    let pair = Pair::new().await;
    let took = pair.connect().await;
    println!("connected in {took:?}, {:?}", pair.a.peer.stats().ice_pair);
    for (from, to) in [(&pair.a, &pair.b), (&pair.b, &pair.a)] {
        keep_on("sent media has arrived", || {
            let index = from.seen(|seen| seen.audio.len()) as u32;
            assert!(from.send_frame(index, 3, 1_000));
            assert!(from.send_sound(index));
            to.seen(|seen| seen.video.len() >= 30 && seen.audio.len() >= 10)
        })
        .await;
    }
    pair.b.seen(|seen| {
        let marks: Vec<_> = seen.video.iter().take(6).map(|packet| packet.marker).collect();
        assert_eq!(marks, [false, false, true, false, false, true]);
        assert!(seen.video.windows(2).all(|two| two[1].seq == two[0].seq.wrapping_add(1)));
        assert!(seen.video.iter().all(|packet| packet.codec == VideoCodec::H264));
        assert_eq!(seen.video[0].payload.len(), 1_000);
        assert_eq!(seen.audio[0].payload.len(), 80);
    });
    pair.close().await;
}

#[tokio::test]
async fn statistics_tell_the_path_and_the_round_trip() {
    let pair = Pair::new().await;
    pair.connect().await;
    let mut index = 0;
    keep_on("the round trip is known", || {
        index += 1;
        pair.a.send_frame(index, 1, 500);
        pair.a.peer.stats().rtt.is_some()
    })
    .await;
    let stats = pair.a.peer.stats();
    println!("{stats:?}");
    assert!(stats.rtt.unwrap() < Duration::from_millis(200));
    assert!(stats.ice_pair.unwrap().contains("/udp "));
    assert_eq!(stats.ice_state, "connected");
    assert_eq!(stats.dtls.as_deref(), Some("1.2"));
    assert!(stats.video.packets_sent > 0);
    pair.close().await;
}

#[tokio::test]
async fn the_estimate_is_told_and_follows_feedback() {
    let pair = Pair::new().await;
    pair.connect().await;
    let mut index = 0;
    keep_on("the estimate has grown", || {
        index += 1;
        pair.a.send_frame(index, 2, 1_000);
        pair.a.has(|event| matches!(event, PeerEvent::Rates { target_bps, .. } if *target_bps > 1_100_000))
    })
    .await;
    pair.close().await;
}

#[tokio::test]
async fn the_control_channel_opens_and_carries_messages_both_ways() {
    let pair = Pair::new().await;
    pair.connect().await;
    until("the channel is open", || {
        [&pair.a, &pair.b].iter().all(|end| end.has(|event| *event == PeerEvent::ControlOpen))
    })
    .await;
    pair.a.peer.send_control("from a".into());
    pair.b.peer.send_control("from b".into());
    until("both messages have arrived", || {
        pair.b.has(|event| *event == PeerEvent::Control(Bytes::from_static(b"from a")))
            && pair.a.has(|event| *event == PeerEvent::Control(Bytes::from_static(b"from b")))
    })
    .await;
    pair.close().await;
}

#[tokio::test]
async fn what_is_said_right_before_closing_still_arrives() {
    let pair = Pair::new().await;
    pair.connect().await;
    until("the channel is open", || pair.a.has(|event| *event == PeerEvent::ControlOpen)).await;
    pair.a.peer.send_control("the last word".into());
    pair.a.peer.close().await;
    let heard = PeerEvent::Control(Bytes::from_static(b"the last word"));
    until("it has arrived", || pair.b.has(|event| *event == heard)).await;
    pair.close().await;
}

#[tokio::test]
async fn each_frame_says_on_its_last_packet_how_it_is_turned() {
    let pair = Pair::new().await;
    pair.connect().await;
    for (index, rotation) in [Rotation::Deg90, Rotation::Deg0, Rotation::Deg270].into_iter().enumerate() {
        let payload = Bytes::from_static(b"picture");
        let frame = FrameInfo { rotation, ..frame_info(index as u32) };
        assert!(pair.a.peer.send_video(&mut vec![payload; 2], frame));
    }
    until("all have arrived", || pair.b.seen(|seen| seen.video.len() == 6)).await;
    let turns = pair.b.seen(|seen| seen.video.iter().map(|packet| packet.rotation).collect::<Vec<_>>());
    let turn = |rotation| [None, Some(rotation)];
    assert_eq!(turns, [turn(Rotation::Deg90), turn(Rotation::Deg0), turn(Rotation::Deg270)].concat());
    pair.close().await;
}

#[tokio::test]
async fn a_key_frame_request_reaches_the_other_side() {
    let pair = Pair::new().await;
    pair.connect().await;
    pair.a.send_frame(0, 1, 100);
    until("a packet has arrived", || pair.b.seen(|seen| !seen.video.is_empty())).await;
    pair.b.peer.request_key_frame();
    until("the request has arrived", || pair.a.has(|event| *event == PeerEvent::KeyFrameRequested)).await;
    assert_eq!(pair.a.peer.stats().plis_received, 1);
    pair.close().await;
}

#[tokio::test]
async fn two_offers_at_once_end_in_one_connection() {
    let pair = Pair::new().await;
    pair.b.peer.start_offer();
    pair.connect().await;
    assert_eq!(pair.b.count(is_description(DescriptionKind::Answer)), 1);
    assert_eq!(pair.a.count(is_description(DescriptionKind::Answer)), 0);
    until("the channel is open", || pair.b.has(|event| *event == PeerEvent::ControlOpen)).await;
    pair.a.send_frame(0, 1, 100);
    pair.b.send_frame(0, 1, 100);
    until("media flows both ways", || {
        [&pair.a, &pair.b].iter().all(|end| end.seen(|seen| !seen.video.is_empty()))
    })
    .await;
    assert!(!pair.a.has(is_failed) && !pair.b.has(is_failed));
    pair.close().await;
}

#[tokio::test]
async fn media_goes_on_after_an_ice_restart_from_either_side() {
    let pair = Pair::new().await;
    pair.connect().await;
    let mut index = 0;
    for (restarts, offers) in [(&pair.a, 2), (&pair.b, 1)] {
        let before = pair.a.peer.stats().ice_pair;
        restarts.peer.restart_ice();
        until("the restart was offered", || restarts.count(is_description(DescriptionKind::Offer)) == offers)
            .await;
        until("the path is another", || {
            let now = pair.a.peer.stats().ice_pair;
            now != before && pair.a.is_connected() && pair.b.is_connected()
        })
        .await;
        let already = pair.b.seen(|seen| seen.video.len());
        keep_on("media flows", || {
            pair.a.send_frame(index, 1, 100);
            index += 1;
            pair.b.seen(|seen| seen.video.len() > already + 10)
        })
        .await;
    }
    pair.close().await;
}

#[tokio::test]
async fn the_codec_both_have_is_chosen_by_the_offerers_preference() {
    for (a, b, chosen) in [
        (vec![VideoCodec::H264, VideoCodec::Vp8], vec![VideoCodec::Vp8, VideoCodec::H264], VideoCodec::H264),
        (vec![VideoCodec::H264, VideoCodec::Vp8], vec![VideoCodec::Vp8], VideoCodec::Vp8),
        (vec![VideoCodec::Vp8], vec![VideoCodec::H264, VideoCodec::Vp8], VideoCodec::Vp8),
    ] {
        let pair =
            Pair::with(PeerConfig { codecs: a, ..config() }, PeerConfig { codecs: b, ..config() }, None)
                .await;
        pair.connect().await;
        for end in [&pair.a, &pair.b] {
            assert!(end.has(|event| *event == PeerEvent::NegotiatedVideo(chosen)));
            end.send_frame(0, 1, 100);
        }
        until("media flows both ways", || {
            [&pair.a, &pair.b].iter().all(|end| end.seen(|seen| !seen.video.is_empty()))
        })
        .await;
        assert_eq!(pair.b.seen(|seen| seen.video[0].codec), chosen);
        pair.close().await;
    }
}

#[tokio::test]
async fn without_a_common_codec_the_reason_is_told() {
    let only = |codec| PeerConfig { audio: false, codecs: vec![codec], ..config() };
    let pair = Pair::with(only(VideoCodec::H264), only(VideoCodec::Vp8), None).await;
    pair.a.peer.start_offer();
    until("the failure is told", || pair.b.has(is_failed)).await;
    assert!(pair.b.has(|event| *event == PeerEvent::Failed(PeerError::NoCommonCodec)));
    pair.close().await;
}

#[tokio::test]
async fn nonsense_from_the_other_side_is_refused_and_a_later_offer_works() {
    let pair = Pair::new().await;
    pair.b.peer.remote_description(described(DescriptionKind::Offer, "no description"));
    pair.b.peer.remote_description(described(DescriptionKind::Answer, ""));
    until("the failure is told", || {
        pair.b.has(|event| matches!(event, PeerEvent::Failed(PeerError::Description(_))))
    })
    .await;
    pair.connect().await;
    pair.close().await;
}

#[tokio::test]
async fn a_restart_whose_answer_is_lost_is_offered_anew() {
    let pair = Pair::new().await;
    pair.connect().await;
    let before = pair.a.peer.stats().ice_pair;
    pair.b.muted.store(true, Ordering::Relaxed);
    pair.a.peer.restart_ice();
    until("the answer is lost", || pair.b.count(is_description(DescriptionKind::Answer)) == 2).await;
    pair.b.muted.store(false, Ordering::Relaxed);
    keep_on("another restart is offered", || {
        pair.a.peer.restart_ice();
        pair.a.count(is_description(DescriptionKind::Offer)) == 3
    })
    .await;
    until("there is a new path", || {
        pair.a.peer.stats().ice_pair != before && pair.a.is_connected() && pair.b.is_connected()
    })
    .await;
    pair.close().await;
}

#[tokio::test]
async fn nonsense_in_a_call_does_not_end_it() {
    let pair = Pair::new().await;
    pair.connect().await;
    let before = pair.a.peer.stats().ice_pair;
    pair.b.peer.remote_description(described(DescriptionKind::Offer, "no description"));
    pair.b.muted.store(true, Ordering::Relaxed);
    pair.b.peer.restart_ice();
    until("the offer is lost", || pair.b.has(is_description(DescriptionKind::Offer))).await;
    pair.b.muted.store(false, Ordering::Relaxed);
    pair.b.peer.remote_description(described(DescriptionKind::Answer, "no description"));
    pair.b.peer.restart_ice();
    until("there is a new path", || {
        pair.a.peer.stats().ice_pair != before && pair.a.is_connected() && pair.b.is_connected()
    })
    .await;
    assert!(!pair.a.has(is_failed) && !pair.b.has(is_failed));
    pair.close().await;
}

#[tokio::test]
async fn an_audio_call_has_no_video() {
    let only_audio = || PeerConfig { video: false, ..config() };
    let pair = Pair::with(only_audio(), only_audio(), None).await;
    pair.connect().await;
    assert!(!pair.a.has(|event| matches!(event, PeerEvent::NegotiatedVideo(_))));
    keep_on("sound flows", || {
        pair.a.send_sound(0);
        pair.b.seen(|seen| !seen.audio.is_empty())
    })
    .await;
    pair.close().await;
}
