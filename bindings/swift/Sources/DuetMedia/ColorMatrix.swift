import Duet

/// How luma and chroma become red, green and blue: `y' = (y - lumaOffset) * luma`, with chroma around 0, and
/// then `r = y' + redV * v`, `g = y' + greenU * u + greenV * v`, `b = y' + blueU * u`. Samples are 0 to 1.
public struct ColorMatrix: Hashable, Sendable {
    /// Taken from luma before it is scaled.
    public var lumaOffset: Float
    /// Factor of luma.
    public var luma: Float
    /// Second chroma's part of red.
    public var redV: Float
    /// First chroma's part of green.
    public var greenU: Float
    /// Second chroma's part of green.
    public var greenV: Float
    /// First chroma's part of blue.
    public var blueU: Float

    /// The numbers of ITU-R BT.601 and BT.709, from the weights of red and blue that each gives.
    public init(_ colorSpace: ColorSpace) {
        let (red, blue): (Float, Float) =
            switch colorSpace {
            case .bt601Limited, .bt601Full: (0.299, 0.114)
            case .bt709Limited: (0.2126, 0.0722)
            }
        let isFull = colorSpace == .bt601Full
        let green = 1 - red - blue
        // Limited range: luma in 16...235, chroma in 16...240.
        let chroma: Float = isFull ? 1 : 255.0 / 224
        lumaOffset = isFull ? 0 : 16.0 / 255
        luma = isFull ? 1 : 255.0 / 219
        redV = 2 * (1 - red) * chroma
        blueU = 2 * (1 - blue) * chroma
        greenU = -2 * blue * (1 - blue) / green * chroma
        greenV = -2 * red * (1 - red) / green * chroma
    }

    /// A sample as the shader sees it; each channel is cut to 0...1.
    public func rgb(y: Float, u: Float, v: Float) -> (red: Float, green: Float, blue: Float) {
        let light = (y - lumaOffset) * luma
        // 128 of 255 is no colour.
        let (u, v) = (u - 128.0 / 255, v - 128.0 / 255)
        func cut(_ value: Float) -> Float { min(max(value, 0), 1) }
        return (cut(light + redV * v), cut(light + greenU * u + greenV * v), cut(light + blueU * u))
    }
}
