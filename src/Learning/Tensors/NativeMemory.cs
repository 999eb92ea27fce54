using System.Runtime.InteropServices;

namespace CoKe.Learning.Tensors;

/// <summary>
/// Keeps the C library from giving big blocks back to the system at once. Libtorch frees and allocates the same megabytes at every step,
/// and every page that comes back costs a page fault; with glibc's defaults those faults are a large part of a step.
/// </summary>
public static partial class NativeMemory
{
    const int TrimThreshold = -1,
        TopPad = -2,
        MapThreshold = -3; // M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD of malloc.h

    /// <summary>Call before the first tensor. Does nothing where there is no glibc.</summary>
    public static void KeepFreedPages()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = SetMallocOption(TrimThreshold, int.MaxValue);
            _ = SetMallocOption(TopPad, 64 << 20);
            _ = SetMallocOption(MapThreshold, 32 << 20);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library, such as musl, has no such options: slower, not wrong.
        }
        catch (DllNotFoundException) { }
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int SetMallocOption(int option, int value);
}
