using CoKe.Files;

namespace CoKe.Learning.Resume;

/// <summary>Files that are there whole or not at all, whenever the process or the machine stops.</summary>
static class DurableFile
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
        FolderFlush.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
