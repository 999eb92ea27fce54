using CoKe.Errors;

namespace CoKe.Files;

/// <summary>
/// A result on its way to disk. Its place is opened before the work, so that what cannot be written is refused then; it is written beside
/// its place and renamed when it is complete, so that whoever reads the place finds the whole file, or what was there before.
/// </summary>
public sealed class OutputFile : IDisposable
{
    const string Remedy = "name a file in a folder that takes it";

    // Beside a name of this length a temporary one is not cut.
    const string AnyLongName = "a name that is longer than that of a temporary file";

    readonly string _named;
    readonly string _path;
    readonly string? _temporary;
    readonly FileStream _stream;
    bool _kept;

    /// <summary>Opens a place to write.</summary>
    /// <param name="path">The file; what is there stays until the new one is complete.</param>
    /// <param name="bytes">How long it will be, where that is known: the space is taken now. 0: not known.</param>
    /// <exception cref="InvalidFileException">It cannot be written; says why.</exception>
    public OutputFile(string path, long bytes = 0)
    {
        OutputPath.CheckWritable(path);
        _named = path;
        try
        {
            // A link stays a link; and a device, such as /dev/null, must not be replaced by a file.
            _path = OutputPath.TargetOf(path);
            OutputPath.CheckName(_path);
            (_stream, _temporary) = OutputPath.IsDevice(_path) ? (Open(_path, FileMode.Create, 0), null) : OpenTemporary(_path, bytes);
        }
        catch (Exception e) when (FileRefusal.IsOfTheSystem(e))
        {
            // The only refusal without a number of the system's is that of the space.
            var reason =
                bytes > 0 && e.HResult < 0 && e.GetType() == typeof(IOException)
                    ? $"there is no room for its {bytes} bytes"
                    : FileRefusal.Reason(e);
            throw FileRefusal.Of(path, path, $"cannot be written: {reason}; {Remedy}.", e);
        }
    }

    /// <summary>Writes the file whole and puts it in its place.</summary>
    /// <param name="content">Writes all of it; it is asked again when the first place fails.</param>
    /// <exception cref="InvalidFileException">It could not be written in the end; says why, and where the result lies instead.</exception>
    public void Write(Action<Stream> content)
    {
        try
        {
            content(_stream);
            Finish(_stream, toDisk: _temporary is not null);
        }
        catch (Exception e) when (FileRefusal.IsOfTheSystem(e))
        {
            Close(_stream);
            var rescued = Rescue(content);
            throw FileRefusal.Of(
                _named,
                _named,
                $"cannot be written: {FileRefusal.Reason(e)}; "
                    + (rescued is null ? $"{Remedy}, and do it again." : $"the finished result is in {rescued}: move it from there."),
                e
            );
        }

        if (_temporary is null)
            return;
        try
        {
            File.Move(_temporary, _path, overwrite: true);
        }
        catch (Exception e) when (FileRefusal.IsOfTheSystem(e))
        {
            _kept = true;
            throw FileRefusal.Of(
                _named,
                _named,
                $"cannot be replaced: {FileRefusal.Reason(e)}; the finished result is in {_temporary}: move it from there.",
                e
            );
        }

        try
        {
            FolderFlush.Flush(Path.GetDirectoryName(Path.GetFullPath(_path))!);
        }
        catch (IOException e)
        {
            throw FileRefusal.Of(
                _named,
                _named,
                $"is there, but may be lost with the power: {FileRefusal.Reason(e)}; look at the disk.",
                e
            );
        }
    }

    /// <summary>
    /// Opens and writes a file after the work, where holding it open meanwhile would be too long: its place has been tried before, and the
    /// result is not lost where it takes none any more.
    /// </summary>
    /// <param name="path">The file; what is there stays until the new one is complete.</param>
    /// <param name="content">Writes all of it; it is asked again when the first place fails.</param>
    /// <exception cref="InvalidFileException">It could not be written; says why, and where the result lies instead.</exception>
    public static void WriteLate(string path, Action<Stream> content)
    {
        OutputFile file;
        try
        {
            file = new OutputFile(path);
        }
        catch (InvalidFileException e) when (Rescue(content) is { } rescued)
        {
            throw new InvalidFileException(
                e.Field,
                e.Value,
                $"{e.Message.TrimEnd('.')}; the finished result is in {rescued}: move it from there.",
                e
            );
        }

        using (file)
            file.Write(content);
    }

    /// <summary>Leaves nothing behind when the file was not completed.</summary>
    public void Dispose()
    {
        Close(_stream);
        if (_temporary is not null && !_kept)
            File.Delete(_temporary);
    }

    static (FileStream Stream, string Temporary) OpenTemporary(string path, long bytes)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (TemporaryName.Beside(path, attempt) is not { } temporary)
                continue;
            try
            {
                return (Open(temporary, FileMode.CreateNew, bytes), temporary);
            }
            catch (IOException) when (attempt < TemporaryName.Attempts && Path.Exists(temporary))
            {
                // Left by a process that was killed, or of another output: try the next.
            }
        }
    }

    static FileStream Open(string path, FileMode mode, long bytes) =>
        new(
            path,
            new FileStreamOptions
            {
                Mode = mode,
                Access = FileAccess.Write,
                Share = FileShare.Read,
                PreallocationSize = bytes,
            }
        );

    static void Finish(FileStream stream, bool toDisk)
    {
        // Space that was taken and not needed is given back.
        if (toDisk)
            stream.SetLength(stream.Position);
        stream.Flush(flushToDisk: toDisk);
        stream.Dispose();
    }

    // Hours of work must not end with a full disk: the result goes wherever there is room, and the error says where.
    static string? Rescue(Action<Stream> content)
    {
        foreach (var folder in (string[])[Path.GetTempPath(), Directory.GetCurrentDirectory()])
        {
            string? temporary = null;
            try
            {
                (var stream, temporary) = OpenTemporary(Path.Combine(Path.GetFullPath(folder), AnyLongName), 0);
                using (stream)
                {
                    content(stream);
                    Finish(stream, toDisk: true);
                }

                return temporary;
            }
            catch (Exception e) when (FileRefusal.IsOfTheSystem(e))
            {
                if (temporary is not null)
                    File.Delete(temporary);
            }
        }

        return null;
    }

    // What a full disk did not take is tried again when a stream is closed.
    static void Close(FileStream stream)
    {
        try
        {
            stream.Dispose();
        }
        catch (Exception e) when (FileRefusal.IsOfTheSystem(e)) { }
    }
}
