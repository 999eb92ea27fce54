using System.Collections.Concurrent;

namespace CoKe.Fuzzing.Inputs;

/// <summary>Where inputs that are files lie, and nothing else may: a reader leaves nothing behind.</summary>
sealed class FuzzFolder : IDisposable
{
    static int _made;

    readonly ConcurrentDictionary<string, bool> _own = [];

    /// <summary>Where files are made fastest: thousands are.</summary>
    public static string Base { get; } = Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();

    /// <summary>The folder.</summary>
    public string Path { get; } =
        Directory
            .CreateDirectory(System.IO.Path.Combine(Base, $"coke-fuzzing-{Environment.ProcessId}-{Interlocked.Increment(ref _made)}"))
            .FullName;

    /// <summary>Writes a file.</summary>
    /// <param name="name">Its name, with folders below this one.</param>
    /// <param name="content">All of it.</param>
    public string Write(string name, byte[] content)
    {
        var path = Own(name);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>A file that may be there.</summary>
    public string Own(string name)
    {
        var path = System.IO.Path.Combine(Path, name);
        if (_own.TryAdd(path, true))
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        return path;
    }

    /// <summary>What is there that was not written here.</summary>
    public IEnumerable<string> LeftBehind() =>
        Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Where(file => !_own.ContainsKey(file));

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
