#if canImport(Metal) && canImport(QuartzCore) && canImport(CoreVideo)
import CoreVideo
import Duet
import Metal
import QuartzCore

/// Draws pictures into a layer: I420 from the other end, NV12 from the camera. Used on one queue.
final class VideoRenderer: @unchecked Sendable {
    /// How pictures are placed.
    struct Style: Sendable {
        var view = VideoSize(width: 0, height: 0)
        var fit = VideoFit.letterbox
        var isMirrored = false
    }

    /// Pictures that the graphics processor may work on at once.
    private static let depth = 3

    private let layer: CAMetalLayer
    private let device: any MTLDevice
    private let commands: any MTLCommandQueue
    private let planar: any MTLRenderPipelineState
    private let biplanar: any MTLRenderPipelineState
    private var cache: CVMetalTextureCache?
    private let free = DispatchSemaphore(value: VideoRenderer.depth)
    private var textures: [[any MTLTexture]] = Array(repeating: [], count: VideoRenderer.depth)
    private var turn = 0

    /// - Returns: `nil` on a device without Metal.
    init?(layer: CAMetalLayer) {
        guard let device = MTLCreateSystemDefaultDevice(), let commands = device.makeCommandQueue(),
            let library = try? device.makeLibrary(source: videoShader, options: nil)
        else { return nil }
        func pipeline(_ fragment: String) -> (any MTLRenderPipelineState)? {
            let descriptor = MTLRenderPipelineDescriptor()
            descriptor.vertexFunction = library.makeFunction(name: "video_corner")
            descriptor.fragmentFunction = library.makeFunction(name: fragment)
            descriptor.colorAttachments[0].pixelFormat = .bgra8Unorm
            return try? device.makeRenderPipelineState(descriptor: descriptor)
        }
        guard let planar = pipeline("video_i420"), let biplanar = pipeline("video_nv12") else { return nil }
        layer.device = device
        layer.pixelFormat = .bgra8Unorm
        layer.framebufferOnly = true
        // A view that is not on a screen must not stop the queue.
        layer.allowsNextDrawableTimeout = true
        self.layer = layer
        self.device = device
        self.commands = commands
        self.planar = planar
        self.biplanar = biplanar
        CVMetalTextureCacheCreate(nil, nil, device, nil, &cache)
    }

    /// Draws a picture of the other end's; its loan ends when the planes are in textures.
    func draw(_ frame: RemoteFrame, style: Style) {
        let info = frame.info
        let half = VideoSize(width: info.width / 2, height: info.height / 2)
        let whole = VideoSize(width: info.width, height: info.height)
        free.wait()
        let planes = [(frame.y, whole), (frame.u, half), (frame.v, half)]
        var filled: [any MTLTexture] = []
        for (index, (plane, size)) in planes.enumerated() {
            guard let texture = texture(index, size) else { break }
            plane.data.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress else { return }
                texture.replace(
                    region: MTLRegionMake2D(0, 0, size.width, size.height), mipmapLevel: 0,
                    withBytes: start, bytesPerRow: plane.rowStride)
            }
            filled.append(texture)
        }
        turn = (turn + 1) % Self.depth
        let corners = RenderMath.vertices(
            picture: whole, rotation: info.rotation, mirrored: style.isMirrored, view: style.view,
            fit: style.fit)
        encode(planar, filled, corners, ColorMatrix(info.colorSpace), keeping: nil)
    }

    /// Draws a buffer of the camera's where it lies.
    func draw(_ buffer: CVPixelBuffer, rotation: Rotation, style: Style) {
        let size = VideoSize(width: CVPixelBufferGetWidth(buffer), height: CVPixelBufferGetHeight(buffer))
        let matrix = CVBufferCopyAttachment(buffer, kCVImageBufferYCbCrMatrixKey, nil) as? String
        free.wait()
        let planes = [plane(buffer, 0, .r8Unorm), plane(buffer, 1, .rg8Unorm)].compactMap { $0 }
        let corners = RenderMath.vertices(
            picture: size, rotation: rotation, mirrored: style.isMirrored, view: style.view, fit: style.fit)
        encode(
            biplanar, planes.count == 2 ? planes.compactMap { CVMetalTextureGetTexture($0) } : [], corners,
            ColorMatrix(CaptureMath.colorSpace(matrix: matrix)), keeping: planes)
    }

    /// Sends one picture to the graphics processor, and frees its place when that is done with it.
    private func encode(
        _ pipeline: any MTLRenderPipelineState, _ textures: [any MTLTexture], _ corners: [VideoVertex],
        _ colors: ColorMatrix, keeping planes: [CVMetalTexture]?
    ) {
        guard !textures.isEmpty, !corners.isEmpty, let drawable = layer.nextDrawable(),
            let buffer = commands.makeCommandBuffer()
        else {
            free.signal()
            return
        }
        let pass = MTLRenderPassDescriptor()
        pass.colorAttachments[0].texture = drawable.texture
        pass.colorAttachments[0].loadAction = .clear
        pass.colorAttachments[0].storeAction = .store
        pass.colorAttachments[0].clearColor = MTLClearColor(red: 0, green: 0, blue: 0, alpha: 1)
        if let encoder = buffer.makeRenderCommandEncoder(descriptor: pass) {
            var colors = colors
            encoder.setRenderPipelineState(pipeline)
            encoder.setVertexBytes(
                corners, length: corners.count * MemoryLayout<VideoVertex>.stride, index: 0)
            encoder.setFragmentBytes(&colors, length: MemoryLayout<ColorMatrix>.stride, index: 0)
            for (index, texture) in textures.enumerated() {
                encoder.setFragmentTexture(texture, index: index)
            }
            encoder.drawPrimitives(type: .triangleStrip, vertexStart: 0, vertexCount: corners.count)
            encoder.endEncoding()
        }
        buffer.present(drawable)
        nonisolated(unsafe) let kept = planes
        buffer.addCompletedHandler { [free] _ in
            withExtendedLifetime(kept) {}
            free.signal()
        }
        buffer.commit()
    }

    /// This turn's texture for a plane, made anew when the size has changed.
    private func texture(_ index: Int, _ size: VideoSize) -> (any MTLTexture)? {
        if textures[turn].count > index {
            let old = textures[turn][index]
            if old.width == size.width && old.height == size.height { return old }
            textures[turn].removeSubrange(index...)
        }
        let descriptor = MTLTextureDescriptor.texture2DDescriptor(
            pixelFormat: .r8Unorm, width: size.width, height: size.height, mipmapped: false)
        guard let made = device.makeTexture(descriptor: descriptor) else { return nil }
        textures[turn].append(made)
        return made
    }

    private func plane(_ buffer: CVPixelBuffer, _ index: Int, _ format: MTLPixelFormat) -> CVMetalTexture? {
        guard let cache else { return nil }
        var texture: CVMetalTexture?
        CVMetalTextureCacheCreateTextureFromImage(
            nil, cache, buffer, nil, format, CVPixelBufferGetWidthOfPlane(buffer, index),
            CVPixelBufferGetHeightOfPlane(buffer, index), index, &texture)
        return texture
    }
}
#endif
