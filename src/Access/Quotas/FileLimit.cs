using System.Runtime.InteropServices;

namespace CoKe.Access.Quotas;

/// <summary>How many files and connections this process may have open at once: RLIMIT_NOFILE, which the runtime has raised as far as it may.</summary>
public static partial class FileLimit
{
    const int OpenFiles = 7; // RLIMIT_NOFILE of Linux
    const int Usual = 4096;

    /// <summary>So many files no connection takes: without any the runtime itself can neither load a library nor start a thread, and ends the process.</summary>
    public const int Reserve = 32;

    /// <summary>The limit; a usual one where the system tells none.</summary>
    public static int Current => OperatingSystem.IsLinux() && Get(OpenFiles, out var limit) == 0 ? (int)Math.Min(limit.Now, int.MaxValue) : Usual;

    /// <summary>Whether a file that was just opened is one of the last: the system gives the lowest number that is free.</summary>
    public static bool IsNear(nint file) => OperatingSystem.IsLinux() && file >= Current - Reserve;

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int Get(int resource, out Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    struct Limit
    {
        public ulong Now;
        public ulong Most;
    }
}
