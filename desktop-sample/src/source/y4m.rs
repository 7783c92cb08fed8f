//! A Y4M file as a camera: played again and again at its own rate.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use duet_core::frame::{FrameError, I420Frame};
use y4m::{Colorspace, Decoder, Error};

use super::{Pictures, SourceError};
use crate::pace::Rate;

/// The longest frame header the decoder takes.
const MAX_FRAME_HEADER: usize = 1_024;
/// A picture of 4096 x 4096: no call carries more, no header may ask for more memory.
const LIMITS: y4m::Limits = y4m::Limits { bytes: 4_096 * 4_096 * 3 / 2 };

/// A YUV4MPEG2 file of 8-bit 4:2:0 pictures.
pub struct Y4mFile {
    path: PathBuf,
    decoder: Decoder<BufReader<File>>,
    rate: Rate,
    frame: I420Frame,
}

impl Y4mFile {
    /// Opens `path` and checks that a call can carry its pictures and that the last one is whole.
    ///
    /// # Errors
    /// [`SourceError`] that says what to do.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SourceError> {
        let path = path.as_ref().to_path_buf();
        let name = path.display().to_string();
        let decoder = decoder(&path)?;
        if !is_420(decoder.get_colorspace()) {
            let found = format!("{:?}", decoder.get_colorspace());
            return Err(SourceError::Chroma { path: name, found });
        }
        let size = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        let (width, height) = (size(decoder.get_width()), size(decoder.get_height()));
        let frame = I420Frame::black(width, height)
            .map_err(|reason: FrameError| SourceError::Size { path: name.clone(), reason })?;
        // Magic, parameters, line end: what the decoder read so far.
        let header = b"YUV4MPEG2 ".len() + decoder.get_raw_params().len() + 1;
        check_length(&path, header, frame.data().len())?;
        let ratio = decoder.get_framerate();
        let rate = match (u32::try_from(ratio.num), u32::try_from(ratio.den)) {
            (Ok(ticks), Ok(seconds)) if ticks > 0 && seconds > 0 => Rate { ticks, seconds },
            _ => return Err(bad_format(&path, format!("{ratio} is no frame rate"))),
        };
        if !(1.0..=60.0).contains(&rate.as_f64()) {
            return Err(bad_format(&path, format!("{:.1} pictures a second; 1 to 60 work", rate.as_f64())));
        }
        Ok(Y4mFile { path, decoder, rate, frame })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.frame.width(), self.frame.height())
    }

    /// Plays at `rate` instead of the file's own.
    pub fn at_rate(mut self, rate: Rate) -> Self {
        self.rate = rate;
        self
    }

    /// The next picture into `self.frame`; `false` at the end of the file.
    fn read(&mut self) -> Result<bool, SourceError> {
        match self.decoder.read_frame() {
            Ok(picture) => {
                let (y, u, v) = self.frame.planes_mut();
                y.copy_from_slice(picture.get_y_plane());
                u.copy_from_slice(picture.get_u_plane());
                v.copy_from_slice(picture.get_v_plane());
                Ok(true)
            }
            Err(Error::EOF) => Ok(false),
            Err(error) => Err(source_error(&self.path, &error)),
        }
    }
}

impl Pictures for Y4mFile {
    fn rate(&self) -> Rate {
        self.rate
    }

    fn picture(&mut self, _number: u64) -> Result<&mut I420Frame, SourceError> {
        if !self.read()? {
            self.decoder = decoder(&self.path)?;
            if !self.read()? {
                return Err(empty(&self.path));
            }
        }
        Ok(&mut self.frame)
    }
}

/// Walks over the frames without reading their pixels.
fn check_length(path: &Path, header: usize, picture: usize) -> Result<(), SourceError> {
    let unreadable = |error: std::io::Error| SourceError::Unreadable {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let mut reader = BufReader::with_capacity(MAX_FRAME_HEADER, file);
    let mut position = header as u64;
    let mut pictures = 0u64;
    while position < length {
        reader.seek(SeekFrom::Start(position)).map_err(unreadable)?;
        let buffered = reader.fill_buf().map_err(unreadable)?;
        let end = buffered.iter().position(|&byte| byte == b'\n');
        position += end.map_or(length, |end| end as u64 + 1 + picture as u64);
        if position > length {
            return Err(SourceError::Truncated {
                path: path.display().to_string(),
                whole: format!("{pictures} whole pictures"),
                unit: "pictures",
            });
        }
        pictures += 1;
    }
    if pictures == 0 { Err(empty(path)) } else { Ok(()) }
}

fn decoder(path: &Path) -> Result<Decoder<BufReader<File>>, SourceError> {
    let file = File::open(path).map_err(|error| SourceError::Unreadable {
        path: path.display().to_string(),
        reason: error.to_string(),
    })?;
    Decoder::new_with_limits(BufReader::new(file), LIMITS).map_err(|error| source_error(path, &error))
}

fn is_420(colorspace: Colorspace) -> bool {
    use Colorspace::{C420, C420jpeg, C420mpeg2, C420paldv};
    matches!(colorspace, C420 | C420jpeg | C420mpeg2 | C420paldv)
}

fn source_error(path: &Path, error: &Error) -> SourceError {
    let name = path.display().to_string();
    match error {
        Error::IoError(error) => SourceError::Unreadable { path: name, reason: error.to_string() },
        Error::UnknownColorspace => SourceError::Chroma { path: name, found: "unknown".into() },
        Error::OutOfMemory => bad_format(path, "its pictures are larger than 4096x4096".into()),
        Error::EOF => bad_format(path, "it ends within the header".into()),
        other => bad_format(path, other.to_string()),
    }
}

fn bad_format(path: &Path, reason: String) -> SourceError {
    SourceError::Format { path: path.display().to_string(), format: "Y4M", reason }
}

fn empty(path: &Path) -> SourceError {
    SourceError::Empty { path: path.display().to_string(), unit: "pictures" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::test_path;

    fn written(name: &str, header: &str, pictures: &[u8], size: usize) -> PathBuf {
        let mut bytes = format!("YUV4MPEG2 {header}\n").into_bytes();
        for &luma in pictures {
            bytes.extend_from_slice(b"FRAME\n");
            bytes.extend(std::iter::repeat_n(luma, size));
        }
        let path = test_path(name);
        std::fs::write(&path, bytes).expect("write");
        path
    }

    #[test]
    fn pictures_come_in_order_and_begin_again() {
        let path = written("order.y4m", "W32 H16 F25:1 C420jpeg", &[10, 20, 30], 768);
        let mut file = Y4mFile::open(path).expect("open");
        assert_eq!((file.size(), file.rate()), ((32, 16), Rate::hz(25)));
        let seen: Vec<u8> = (0..5).map(|number| file.picture(number).expect("picture").data()[0]).collect();
        assert_eq!(seen, [10, 20, 30, 10, 20]);
    }

    #[test]
    fn frame_headers_may_carry_parameters() {
        let path = test_path("params.y4m");
        let mut bytes = b"YUV4MPEG2 W16 H16 F30:1\nFRAME Ip\n".to_vec();
        bytes.extend([7; 384]);
        std::fs::write(&path, bytes).expect("write");
        assert_eq!(Y4mFile::open(path).expect("open").picture(0).expect("picture").data()[5], 7);
    }

    #[test]
    fn unusable_files_say_what_to_do() {
        let error = |path: PathBuf| Y4mFile::open(path).err().expect("refused");
        let text = |path: PathBuf| error(path).to_string();

        assert!(text(test_path("missing.y4m")).contains("check the name"));
        assert!(text(written("odd.y4m", "W33 H16 F25:1", &[1], 800)).contains("even width and height"));
        assert!(text(written("deep.y4m", "W32 H16 F25:1 C420p10", &[1], 1_536)).contains("yuv420p"));
        assert!(text(written("444.y4m", "W32 H16 F25:1 C444", &[1], 1_536)).contains("4:2:0"));
        assert!(text(written("alien.y4m", "W32 H16 F25:1 Calien", &[1], 768)).contains("4:2:0"));
        assert!(text(written("none.y4m", "W32 H16 F25:1", &[], 0)).contains("holds no pictures"));
        assert!(text(written("rate.y4m", "W32 H16 F0:0", &[1], 768)).contains("no frame rate"));
        assert!(text(written("huge.y4m", "W32000 H32000 F25:1", &[], 0)).contains("4096"));

        let noise = test_path("noise.y4m");
        std::fs::write(&noise, b"\x89PNG and so on\n").expect("write");
        assert!(text(noise).contains("not a usable Y4M"));

        let cut = written("cut.y4m", "W32 H16 F25:1", &[1, 2, 3], 768);
        let bytes = std::fs::read(&cut).expect("read");
        std::fs::write(&cut, &bytes[..bytes.len() - 1]).expect("write");
        let cut = error(cut);
        assert!(matches!(cut, SourceError::Truncated { .. }));
        assert!(cut.to_string().contains("2 whole pictures"), "{cut}");
    }
}
