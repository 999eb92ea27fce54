using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace CoKe.Access.Quotas;

/// <summary>How many files and connections this process may have open at once: RLIMIT_NOFILE, which the runtime has raised as far as it
/// may.</summary>
public static partial class FileLimit
{
    const int OpenFiles = 7; // RLIMIT_NOFILE of Linux
    const int DuplicateForUs = 1030; // F_DUPFD_CLOEXEC of Linux
    const int Usual = 4096;

    /// <summary>So many files no connection takes: without any the runtime itself can neither load a library nor start a thread, and ends
    /// the process.</summary>
    public const int Reserve = 32;

    /// <summary>The limit; a usual one where the system tells none.</summary>
    public static int Current =>
        OperatingSystem.IsLinux() && Get(OpenFiles, out var limit) == 0 ? (int)Math.Min(limit.Now, int.MaxValue) : Usual;

    /// <summary>Whether a file that was just opened is one of the last: the system gives the lowest number that is free.</summary>
    public static bool IsNear(nint file) => OperatingSystem.IsLinux() && file >= Current - Reserve;

    /// <summary>Moves a connection from one of the last files to the lowest that is free; it must not have been read or written.</summary>
    /// <returns>The connection; null: all but the last are taken again, and it is closed.</returns>
    internal static Socket? Lower(Socket connection)
    {
        var lower = new SafeSocketHandle(Duplicate(connection.SafeHandle, DuplicateForUs, 0), ownsHandle: true);
        connection.Dispose(); // nothing was begun on it, so that it is only closed; the connection stays with the other file
        if (lower.IsInvalid || IsNear(lower.DangerousGetHandle()))
        {
            lower.Dispose();
            return null;
        }

        return new Socket(lower);
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Duplicate(SafeSocketHandle file, int command, int least);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int Get(int resource, out Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    struct Limit
    {
        public ulong Now;
        public ulong Most;
    }
}
