//! Values on the command line.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use duet_core::VideoCodec;
use duet_core::frame::{I420Frame, Rotation};

/// `WxH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once(['x', 'X']).and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
        let Some((width, height)) = parsed else {
            return Err("write width x height in pixels, for example 640x480".into());
        };
        I420Frame::black(width, height).map_err(|error| error.to_string())?;
        Ok(Size { width, height })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// Degrees clockwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn(pub(crate) Rotation);

impl FromStr for Turn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "0" => Ok(Turn(Rotation::Deg0)),
            "90" => Ok(Turn(Rotation::Deg90)),
            "180" => Ok(Turn(Rotation::Deg180)),
            "270" => Ok(Turn(Rotation::Deg270)),
            _ => Err("write 0, 90, 180 or 270".into()),
        }
    }
}

/// A codec of this build.
pub(crate) fn codec(name: &str) -> Result<VideoCodec, String> {
    VideoCodec::from_str(name).map_err(|_| "write h264 or vp8".into())
}

/// Where pictures come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VideoInput {
    Synthetic,
    File(PathBuf),
    None,
}

impl FromStr for VideoInput {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "synthetic" => Ok(VideoInput::Synthetic),
            "none" => Ok(VideoInput::None),
            file if has_extension(file, "y4m") => Ok(VideoInput::File(file.into())),
            _ => Err("write synthetic, none, or the name of a .y4m file".into()),
        }
    }
}

/// Where sound comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AudioInput {
    Tone,
    File(PathBuf),
    None,
}

impl FromStr for AudioInput {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "tone" => Ok(AudioInput::Tone),
            "none" => Ok(AudioInput::None),
            file if has_extension(file, "wav") => Ok(AudioInput::File(file.into())),
            _ => Err("write tone, none, or the name of a .wav file".into()),
        }
    }
}

fn has_extension(file: &str, extension: &str) -> bool {
    PathBuf::from(file).extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_odd_ones_refused() {
        assert_eq!("640x480".parse(), Ok(Size { width: 640, height: 480 }));
        assert!("641x480".parse::<Size>().unwrap_err().contains("even"));
        assert!("8x8".parse::<Size>().unwrap_err().contains("out of range"));
        for text in ["640", "640x", "x480", "640*480", "-2x4"] {
            assert!(text.parse::<Size>().unwrap_err().contains("640x480"), "{text}");
        }
    }

    #[test]
    fn inputs_are_told_by_name() {
        assert_eq!("synthetic".parse(), Ok(VideoInput::Synthetic));
        assert_eq!("Clip.Y4M".parse(), Ok(VideoInput::File("Clip.Y4M".into())));
        assert!("clip.mp4".parse::<VideoInput>().unwrap_err().contains(".y4m"));
        assert_eq!("voice.wav".parse(), Ok(AudioInput::File("voice.wav".into())));
        assert!("synthetic".parse::<AudioInput>().is_err());
    }
}
