import AVFoundation
import CallCore

/// The system's permissions.
@MainActor
final class PermissionAdapter: PermissionPort {
    func status(of permission: Permission) -> PermissionStatus {
        switch AVCaptureDevice.authorizationStatus(for: mediaType(permission)) {
        case .authorized: .granted
        case .denied: .denied
        case .restricted: .restricted
        default: .undecided
        }
    }

    func ask(for permission: Permission) async -> Bool {
        await AVCaptureDevice.requestAccess(for: mediaType(permission))
    }

    private func mediaType(_ permission: Permission) -> AVMediaType {
        switch permission {
        case .microphone: .audio
        case .camera: .video
        }
    }
}
