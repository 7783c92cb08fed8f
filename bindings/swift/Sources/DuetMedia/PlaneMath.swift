/// Planes of pictures, copied between layouts. Without any device, so that it can be tested everywhere.
public enum PlaneMath {
    /// Rows of samples, one byte each.
    public struct Rows {
        let bytes: UnsafeRawBufferPointer
        let stride: Int

        /// Rows that begin every `stride` bytes.
        public init(bytes: UnsafeRawBufferPointer, stride: Int) {
            self.bytes = bytes
            self.stride = stride
        }

        /// The row, or nothing where it does not lie in the bytes.
        fileprivate func row(_ index: Int, _ width: Int) -> UnsafeRawBufferPointer? {
            let start = index * stride
            guard width >= 0, start >= 0, start + width <= bytes.count else { return nil }
            return UnsafeRawBufferPointer(rebasing: bytes[start..<start + width])
        }
    }

    /// Copies a plane; rows that do not fit are left out.
    public static func copy(
        _ rows: Rows, width: Int, height: Int, into target: UnsafeMutableRawBufferPointer, stride: Int
    ) {
        for index in 0..<max(height, 0) {
            guard let row = rows.row(index, width), index * stride + width <= target.count else { return }
            UnsafeMutableRawBufferPointer(rebasing: target[(index * stride)...]).copyMemory(from: row)
        }
    }

    /// Makes the two planes of chroma of I420 the one of NV12; rows that do not fit are left out.
    ///
    /// - Parameters:
    ///   - u: First chroma.
    ///   - v: Second chroma.
    ///   - width: Samples of each in a row.
    ///   - height: Rows.
    ///   - target: Gets them in turns.
    ///   - stride: Bytes from one row of `target` to the next.
    public static func interleave(
        _ u: Rows, _ v: Rows, width: Int, height: Int, into target: UnsafeMutableRawBufferPointer,
        stride: Int
    ) {
        for index in 0..<max(height, 0) {
            guard let u = u.row(index, width), let v = v.row(index, width),
                index * stride + 2 * width <= target.count
            else { return }
            let row = UnsafeMutableRawBufferPointer(rebasing: target[(index * stride)...])
            for column in 0..<width {
                row[2 * column] = u[column]
                row[2 * column + 1] = v[column]
            }
        }
    }
}
