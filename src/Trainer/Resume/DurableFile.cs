using System.Runtime.InteropServices;

namespace CoKe.Trainer.Resume;

/// <summary>Files that are there whole or not at all, whenever the process or the machine stops.</summary>
static partial class DurableFile
{
    /// <summary>Replaces <paramref name="path"/>: a new file beside it is flushed to disk, then takes its name.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var fresh = path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        File.Move(fresh, path, overwrite: true);
        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>A name survives loss of power only once its folder is on disk, for which .NET has no call; Windows needs none.</summary>
    static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            return;
        var handle = Open(folder, flags: 0);
        if (handle < 0)
            return; // a folder that may be written but not read: the name gets there a little later
        _ = Flush(handle);
        _ = Close(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Flush(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
