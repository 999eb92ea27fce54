using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace CoKe.Testing;

/// <summary>The silo as people start it: an executable of its own, on ports that stay the same however often it dies.</summary>
sealed partial class SiloProcess(string? data, params string[] options) : IAsyncDisposable
{
    const int SigTerm = 15,
        SigContinue = 18,
        SigStop = 19;

    // Below those that the system gives to outgoing connections: one of these could have the port of a silo that is to start again.
    const int FirstPort = 12_000,
        EndOfPorts = 32_000;

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    static readonly HttpClient _http = new();

    static int _lastPort = FirstPort + (Environment.ProcessId * 131 % (EndOfPorts - FirstPort));

    readonly int[] _ports = FreePorts(3);
    readonly StringBuilder _output = new();
    readonly StringBuilder _error = new();
    readonly Lock _writing = new();
    Process? _process;
    TaskCompletionSource _ready = new();

    /// <summary>The connection string of the PostgreSQL database, if there is one; not an argument, which everybody on the machine could
    /// read.</summary>
    public string? Connection { get; init; }

    /// <summary>The network namespace it lives in; null: that of the tests.</summary>
    public string? Namespace { get; init; }

    /// <summary>How many files it may open; null: as many as this process.</summary>
    public int? Files { get; init; }

    /// <summary>Where it listens; other than loopback needs more options.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    public IPEndPoint Silo => new(Address, _ports[0]);

    public IPEndPoint Gateway => new(Address, _ports[1]);

    public IPEndPoint Http => new(Address, _ports[2]);

    // Where it keeps its state, unless the options say so.
    string[] Storage =>
        options.Contains("--storage") ? []
        : data is null ? ["--memory"]
        : ["--data", data];

    /// <summary>What it has written, through all its lives.</summary>
    public string Output
    {
        get
        {
            lock (_writing)
                return $"{_output}{_error}";
        }
    }

    /// <summary>What it has written to stderr.</summary>
    public string[] ErrorLines
    {
        get
        {
            lock (_writing)
                return _error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    public int ExitCode => _process!.ExitCode;

    /// <summary>The process that was started last.</summary>
    public int Id => _process!.Id;

    /// <summary>Completes when the process that was started last is gone, and all it wrote was read.</summary>
    public Task Death { get; private set; } = Task.CompletedTask;

    /// <summary>Starts it; completes when it says that it is ready, or is gone.</summary>
    /// <param name="failpoint">Where it kills itself; null: nowhere.</param>
    /// <param name="more">Options of this start alone.</param>
    /// <returns>True when it is ready.</returns>
    public async Task<bool> StartAsync(string? failpoint = null, params string[] more)
    {
        _process?.Dispose();
        var ready = _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        string[] ports = [$"--silo-port={_ports[0]}", $"--gateway-port={_ports[1]}", $"--http-port={_ports[2]}"];
        ports =
        [
            .. ports.Where(port => !options.Any(option => option.StartsWith(port[..(port.IndexOf('=') + 1)], StringComparison.Ordinal))),
        ]; // an option is given once
        _process = Start([.. ports, .. Storage, .. options, .. more], failpoint);
        Death = _process.WaitForExitAsync();
        await Task.WhenAny(ready.Task, Death).WaitAsync(Patience);
        return ready.Task.IsCompleted && !Death.IsCompleted;
    }

    /// <summary>What a supervisor sees: the page's status and its sentence.</summary>
    public async Task<(HttpStatusCode Status, string Text)> HealthAsync()
    {
        using var response = await _http.GetAsync($"http://{Http}/health");
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        try
        {
            _process!.Kill();
        }
        catch (InvalidOperationException)
        {
            // It died before.
        }

        await Death.WaitAsync(Patience);
    }

    /// <summary>SIGTERM, as Ctrl-C, a service manager or an orchestrator stops it.</summary>
    public async Task StopAsync()
    {
        SignalLiving(SigTerm);
        await Death.WaitAsync(Patience);
    }

    /// <summary>SIGTERM, without waiting.</summary>
    /// <returns>False when it is gone already.</returns>
    public bool Terminate() => Signal(_process!.Id, SigTerm) == 0;

    /// <summary>SIGSTOP: nothing of it runs any more, until <see cref="Continue"/>.</summary>
    public void Pause() => SignalLiving(SigStop);

    /// <summary>SIGCONT.</summary>
    public void Continue() => SignalLiving(SigContinue);

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;
        if (!Death.IsCompleted)
            await KillAsync();
        _process.Dispose();
    }

    Process Start(string[] arguments, string? failpoint)
    {
        var start = BuiltProgram.Start(BuiltProgram.Of("Silo", "CoKe.Silo.dll"), arguments);
        if (Files is { } files)
            start = BuiltProgram.WithFiles(start, files);
        if (Namespace is not null)
        {
            // It becomes the program, so that signals reach that.
            string[] line = ["netns", "exec", Namespace, start.FileName, .. start.ArgumentList];
            (start.FileName, var list) = ("ip", start.ArgumentList);
            list.Clear();
            foreach (var word in line)
                list.Add(word);
        }

        if (Connection is not null)
            start.Environment["COKE_CONNECTION"] = Connection;
        if (failpoint is not null)
            start.Environment["COKE_FAILPOINT"] = failpoint;
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Read(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Read(_error, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    void Read(StringBuilder to, string? line)
    {
        if (line is null)
            return;
        lock (_writing)
            to.Append(line).Append('\n');
        if (line.StartsWith("Silo ready", StringComparison.Ordinal))
            _ready.TrySetResult();
    }

    static int[] FreePorts(int count)
    {
        var ports = new List<int>();
        while (ports.Count < count)
        {
            var port = FirstPort + (Interlocked.Increment(ref _lastPort) % (EndOfPorts - FirstPort));
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                ports.Add(port);
            }
            catch (SocketException)
            {
                // Another's.
            }
        }

        return [.. ports];
    }

    void SignalLiving(int signal)
    {
        if (Signal(_process!.Id, signal) != 0)
            throw new InvalidOperationException("It is gone already.");
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
