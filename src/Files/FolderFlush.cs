using System.Runtime.InteropServices;

namespace CoKe.Files;

/// <summary>A name survives loss of power only once its folder is on disk, for which .NET has no call; Windows needs none.</summary>
public static partial class FolderFlush
{
    const int InvalidArgument = 22,
        NotSupported = 95; // of Linux

    /// <summary>Brings the names in a folder to disk. One that may be written and not read, or cannot be flushed, gets there a little
    /// later.</summary>
    /// <exception cref="IOException">The disk reports a failure: a name that was just given may be lost.</exception>
    public static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            return;
        var handle = Open(folder, flags: 0);
        if (handle < 0)
            return;
        var failed = Synchronize(handle) != 0;
        var error = Marshal.GetLastPInvokeError();
        _ = Close(handle); // only read
        if (failed && error is not (InvalidArgument or NotSupported))
            throw new IOException($"The names in {folder} cannot be brought to disk ({Marshal.GetPInvokeErrorMessage(error)}).", error);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronize(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
