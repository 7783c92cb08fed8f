#if canImport(Metal)
/// The renderer's program. Its numbers come from ``RenderMath`` and ``ColorMatrix``, whose order of fields
/// `Colors` repeats; compiled when the first view is made, so that the package has no resources.
let videoShader = """
    #include <metal_stdlib>
    using namespace metal;

    struct Corner { float x, y, u, v; };
    struct Colors { float lumaOffset, luma, redV, greenU, greenV, blueU; };
    struct Point { float4 place [[position]]; float2 picture; };

    vertex Point video_corner(uint index [[vertex_id]], constant Corner *corners [[buffer(0)]]) {
        Corner corner = corners[index];
        return { float4(corner.x, corner.y, 0, 1), float2(corner.u, corner.v) };
    }

    constexpr sampler smooth_samples(filter::linear, address::clamp_to_edge);

    static float4 seen(float y, float2 chroma, constant Colors &colors) {
        float light = (y - colors.lumaOffset) * colors.luma;
        float2 uv = chroma - 128.0 / 255.0;
        return float4(light + colors.redV * uv.y,
                      light + colors.greenU * uv.x + colors.greenV * uv.y,
                      light + colors.blueU * uv.x, 1);
    }

    fragment float4 video_i420(Point point [[stage_in]], constant Colors &colors [[buffer(0)]],
                               texture2d<float> y [[texture(0)]], texture2d<float> u [[texture(1)]],
                               texture2d<float> v [[texture(2)]]) {
        float2 chroma = float2(u.sample(smooth_samples, point.picture).r,
                               v.sample(smooth_samples, point.picture).r);
        return seen(y.sample(smooth_samples, point.picture).r, chroma, colors);
    }

    fragment float4 video_nv12(Point point [[stage_in]], constant Colors &colors [[buffer(0)]],
                               texture2d<float> y [[texture(0)]], texture2d<float> uv [[texture(1)]]) {
        return seen(y.sample(smooth_samples, point.picture).r,
                    uv.sample(smooth_samples, point.picture).rg, colors);
    }
    """
#endif
