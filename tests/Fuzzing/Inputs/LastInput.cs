using Microsoft.Win32.SafeHandles;

namespace CoKe.Fuzzing.Inputs;

/// <summary>
/// The input that is being read, on disk before it is: a stack that overflows and a fault in native code end the process without another
/// word.
/// </summary>
sealed class LastInput : IDisposable
{
    readonly SafeFileHandle _file;

    public LastInput(string target)
    {
        Path = PathOf(target);
        _file = File.OpenHandle(Path, FileMode.Create, FileAccess.Write, FileShare.Read);
    }

    /// <summary>Where inputs are kept that something is wrong with.</summary>
    public static string Folder { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "inputs");

    public string Path { get; }

    /// <summary>Where the input of a target is as long as it is being read; where a process died there, it stays.</summary>
    public static string PathOf(string target) => System.IO.Path.Combine(FuzzFolder.Base, $"coke-fuzzing-{target}.last");

    public void Note(byte[] input)
    {
        RandomAccess.SetLength(_file, input.Length);
        RandomAccess.Write(_file, input, 0);
    }

    /// <summary>Keeps an input that something is wrong with.</summary>
    public static string Keep(string target, int seed, long iteration, byte[] input)
    {
        Directory.CreateDirectory(Folder);
        var path = System.IO.Path.Combine(Folder, $"{target}-seed-{seed}-at-{iteration}.input");
        File.WriteAllBytes(path, input);
        return path;
    }

    /// <summary>It was read to the end.</summary>
    public void Dispose()
    {
        _file.Dispose();
        File.Delete(Path);
    }
}
