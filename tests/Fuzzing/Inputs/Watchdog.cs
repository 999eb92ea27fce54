namespace CoKe.Fuzzing.Inputs;

/// <summary>
/// Ends the process where one input takes too long: nothing else ends a reader that hangs. The input is on disk by then.
/// </summary>
sealed class Watchdog : IDisposable
{
    /// <summary>The exit code of a process that it ended.</summary>
    public const int Hung = 3;

    static readonly TimeSpan _s_patience = TimeSpan.FromSeconds(10),
        _s_look = TimeSpan.FromSeconds(1);

    readonly Timer _timer;
    readonly string _target,
        _path;
    long _seen = -1;
    int _looks;
    long _read;

    public Watchdog(string target, string path)
    {
        (_target, _path) = (target, path);
        _timer = new Timer(_ => Look(), null, _s_look, _s_look);
    }

    /// <summary>The next input begins.</summary>
    public void Next() => Interlocked.Increment(ref _read);

    public void Dispose() => _timer.Dispose();

    // Looks are counted and not time, so that a process that was held still by the system is not taken for one that hangs.
    void Look()
    {
        var read = Interlocked.Read(ref _read);
        (_looks, _seen) = read == _seen ? (_looks + 1, read) : (0, read);
        if (_looks * _s_look < _s_patience)
            return;
        var kept = Path.ChangeExtension(_path, ".hung");
        File.Copy(_path, kept, overwrite: true);
        Console.Error.WriteLine($"{_target} hangs: input {read} has not been read for {_s_patience.TotalSeconds:0} s. It is in {kept}.");
        Environment.Exit(Hung);
    }
}
