using System.Runtime.InteropServices;
using TorchSharp;

namespace CoKe.Trainer.Training;

/// <summary>
/// Keeps libtorch from writing between the lines of a run what nobody can act on: on processors that NNPACK does not know it says so at every convolution of a small
/// mini-batch, and takes another way.
/// </summary>
static class NativeMessages
{
    // The variable of c10, and the level that leaves errors.
    const string LogLevel = "FLAGS_caffe2_log_level";
    const int Errors = 2;

    /// <summary>Call once libtorch may be loaded. Does nothing where this libtorch has no such level.</summary>
    public static void LeaveErrors()
    {
        torch.InitializeDeviceType(DeviceType.CPU);
        if (OperatingSystem.IsLinux() && Library() is { } path && NativeLibrary.TryLoad(path, out var library) && NativeLibrary.TryGetExport(library, LogLevel, out var level))
            Marshal.WriteInt32(level, Errors);
    }

    /// <summary>The file of c10 in this process.</summary>
    static string? Library() => File.ReadLines("/proc/self/maps").Where(line => line.EndsWith("/libc10.so", StringComparison.Ordinal)).Select(line => line[line.IndexOf('/')..]).FirstOrDefault();
}
