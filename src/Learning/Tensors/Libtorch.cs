using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace CoKe.Learning.Tensors;

/// <summary>Loads libtorch as this program needs it: without messages that nobody can act on, and right on processors that it
/// misunderstands.</summary>
public static unsafe class Libtorch
{
    // The variable of c10, and the level that leaves errors: on processors that NNPACK does not know it says so at every convolution of a
    // small mini-batch.
    const string LogLevel = "FLAGS_caffe2_log_level";
    const int Errors = 2;

    // The leaf by which an AMD processor describes its caches; see AMD64 Architecture Programmer's Manual, volume 3, appendix E.4.15.
    const int CacheLeaf = unchecked((int)0x8000001D),
        LastLeaf = unchecked((int)0x80000000);

    /// <summary>Whether libtorch convolves by oneDNN, as it does of itself.</summary>
    public static bool UsesOneDnn { get; private set; } = true;

    /// <summary>Call once libtorch may be loaded, before anything is calculated. Does nothing where this libtorch has not what it looks
    /// for.</summary>
    public static void Prepare()
    {
        torch.InitializeDeviceType(DeviceType.CPU);
        if (!OperatingSystem.IsLinux())
            return;
        if (Export("libc10.so", LogLevel) is not 0 and var level)
            Marshal.WriteInt32(level, Errors);
        if (HidesItsCaches())
            UseOneDnn(false);
    }

    /// <summary>
    /// Whether this is an AMD processor, virtual as a rule, that names no caches. oneDNN then takes each for one byte large and cuts
    /// convolutions into blocks of nothing: their values are wrong, and what lies behind them in memory is written over.
    /// </summary>
    static bool HidesItsCaches()
    {
        if (!X86Base.IsSupported)
            return false;
        var (last, b, c, d) = X86Base.CpuId(0, 0);
        var isAmd = (b, d, c) == (0x68747541, 0x69746E65, 0x444D4163); // "Auth" "enti" "cAMD"
        return isAmd
            && last > 0
            && unchecked((uint)X86Base.CpuId(LastLeaf, 0).Eax) >= unchecked((uint)CacheLeaf)
            && X86Base.CpuId(CacheLeaf, 0).Ebx == 0;
    }

    /// <summary>Has libtorch convolve by oneDNN, or without, which is right everywhere, and slower.</summary>
    /// <returns>Whether this libtorch can be told so.</returns>
    internal static bool UseOneDnn(bool use)
    {
        const string cpu = "libtorch_cpu.so";
        var context = (delegate* unmanaged<nint>)Export(cpu, "_ZN2at13globalContextEv");
        var enable = (delegate* unmanaged<nint, byte, void>)Export(cpu, "_ZN2at7Context20setUserEnabledMkldnnEb");
        if (context == null || enable == null)
            return false;
        enable(context(), use ? (byte)1 : (byte)0);
        UsesOneDnn = use;
        return true;
    }

    /// <summary>Where a library of this process has a symbol; 0: nowhere.</summary>
    static nint Export(string library, string symbol) =>
        Path(library) is { } path
        && NativeLibrary.TryLoad(path, out var loaded)
        && NativeLibrary.TryGetExport(loaded, symbol, out var address)
            ? address
            : 0;

    static string? Path(string library) =>
        File.ReadLines("/proc/self/maps")
            .Where(line => line.EndsWith($"/{library}", StringComparison.Ordinal))
            .Select(line => line[line.IndexOf('/')..])
            .FirstOrDefault();
}
