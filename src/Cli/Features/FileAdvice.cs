using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CoKe.Cli.Features;

/// <summary>Tells the system which parts of a file will be read soon, so that a disk is asked for many at once and not one after
/// another.</summary>
static partial class FileAdvice
{
    const int PosixWillNeed = 3; // POSIX_FADV_WILLNEED of Linux

    static readonly bool IsKnown =
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>These bytes will be read; what the file cache holds already costs a call, and a system that knows no such advice
    /// nothing.</summary>
    public static void WillNeed(SafeFileHandle file, long offset, long length)
    {
        if (IsKnown)
            Advise(file, offset, length, PosixWillNeed); // advice only: whether it was taken does not matter
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
