using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CoKe.Benchmarks;

/// <summary>The silo as people start it, on a PostgreSQL database that others share.</summary>
internal sealed class SiloProgram : IAsyncDisposable
{
    readonly Process _process;
    readonly StringBuilder _log = new();
    readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    SiloProgram(string database, int[] ports)
    {
        Gateway = new IPEndPoint(IPAddress.Loopback, ports[1]);
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)); // .../bin/Release/net10.0
        var assembly = Path.GetFullPath(Path.Combine(own.FullName, "../../../../src/Silo/bin", own.Parent!.Name, own.Name, "CoKe.Silo.dll"));
        var start = new ProcessStartInfo("dotnet", ["exec", assembly, "--storage", "postgres", "--silo-port", $"{ports[0]}", "--gateway-port", $"{ports[1]}", "--http-port", $"{ports[2]}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["COKE_CONNECTION"] = database; // it holds a password
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public IPEndPoint Gateway { get; }

    /// <summary>What it has written.</summary>
    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    /// <summary>Starts one, and waits until it is ready.</summary>
    /// <param name="database">Connection string.</param>
    /// <param name="ports">Of silo, gateway and health; see <see cref="FreePorts"/>.</param>
    public static async Task<SiloProgram> StartAsync(string database, int[] ports)
    {
        var silo = new SiloProgram(database, ports);
        var death = silo._process.WaitForExitAsync();
        if (await Task.WhenAny(silo._ready.Task, death) == death) throw new InvalidOperationException($"The silo ended: {silo.Log}");
        return silo;
    }

    /// <summary>Three ports that nobody uses.</summary>
    public static int[] FreePorts()
    {
        var listeners = Enumerable.Range(0, 3).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners) listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }

    /// <summary>kill -9.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    void Read(string? line)
    {
        if (line is null) return;
        lock (_log) _log.Append(line).Append('\n');
        if (line.StartsWith("Silo ready", StringComparison.Ordinal)) _ready.TrySetResult();
    }
}
