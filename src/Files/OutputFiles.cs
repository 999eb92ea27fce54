using CoKe.Errors;

namespace CoKe.Files;

/// <summary>The results of one command: all are opened before its work, and one that fails in the end takes no other with it.</summary>
public sealed class OutputFiles : IDisposable
{
    readonly Dictionary<string, OutputFile> _files = [];
    readonly List<InvalidFileException> _failures = [];

    /// <summary>Opens all of them.</summary>
    /// <param name="files">Key, path, and length or 0 where that is not known; a path that was not given is null.</param>
    /// <exception cref="InvalidFileException">One cannot be written; nothing is left behind.</exception>
    public OutputFiles(params IEnumerable<(string Key, string? Path, long Bytes)> files)
    {
        try
        {
            foreach (var (key, path, bytes) in files)
                if (path is not null)
                    _files.Add(key, new OutputFile(path, bytes));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Writes one of them; a failure is kept until <see cref="Complete"/>.</summary>
    /// <param name="key">Its key; one without a path is passed over.</param>
    /// <param name="content">Writes all of it.</param>
    public void Write(string key, Action<Stream> content)
    {
        if (!_files.TryGetValue(key, out var file))
            return;
        try
        {
            file.Write(content);
        }
        catch (InvalidFileException e)
        {
            _failures.Add(e);
        }
    }

    /// <summary>All are written.</summary>
    /// <exception cref="InvalidFileException">Some are not: says which, why, and where they lie instead.</exception>
    public void Complete()
    {
        if (_failures.Count == 0)
            return;
        var first = _failures[0];
        throw new InvalidFileException(first.Field, first.Value, string.Join(" ", _failures.Select(failure => failure.Message)), first);
    }

    /// <summary>Leaves nothing behind of files that were not completed.</summary>
    public void Dispose()
    {
        foreach (var file in _files.Values)
            file.Dispose();
    }
}
