using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace CoKe.Benchmarks;

/// <summary>A process that holds connections to a port and says nothing; each that is closed is opened again at once.</summary>
sealed class IdleHolder : IAsyncDisposable
{
    const int BindAddressNoPort = 24; // IP_BIND_ADDRESS_NO_PORT of Linux

    readonly Process _process;

    IdleHolder(Process process) => _process = process;

    /// <summary>Starts it; completes when each connection has been tried once.</summary>
    /// <param name="port">Where they go.</param>
    /// <param name="count">How many.</param>
    /// <param name="addresses">How many addresses of loopback they come from.</param>
    public static async Task<IdleHolder> StartAsync(IPEndPoint port, int count, int addresses)
    {
        var start = BuiltProgram.Start(typeof(IdleHolder).Assembly.Location, ["idle-holder", $"{port}", $"{count}", $"{addresses}"]);
        (start.RedirectStandardInput, start.RedirectStandardError) = (true, false);
        var holder = new IdleHolder(Process.Start(start)!);
        if (await holder._process.StandardOutput.ReadLineAsync() is null)
            throw new InvalidOperationException("The process that holds connections ended.");
        return holder;
    }

    /// <summary>Closes all connections.</summary>
    /// <returns>How many were opened, those included that were closed by the silo.</returns>
    public async Task<long> EndAsync()
    {
        _process.StandardInput.Close();
        var opened = long.Parse((await _process.StandardOutput.ReadLineAsync())!, System.Globalization.CultureInfo.InvariantCulture);
        await _process.WaitForExitAsync();
        return opened;
    }

    /// <summary>The child's side.</summary>
    public static async Task RunAsync(IPEndPoint port, int count, int addresses)
    {
        using var end = new CancellationTokenSource();
        var (opened, untried) = (0L, count);
        var allTried = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task[] holding = [.. Enumerable.Range(0, count).Select(HoldAsync)];
        await allTried.Task;
        Console.WriteLine("tried");
        await Console.In.ReadToEndAsync();
        await end.CancelAsync();
        await Task.WhenAll(holding);
        Console.WriteLine(opened);

        async Task HoldAsync(int i)
        {
            await Task.Yield();
            for (var tries = 0; !end.IsCancellationRequested; tries++)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
                {
                    LingerState = new LingerOption(true, 0),
                };
                try
                {
                    if (addresses > 1)
                    {
                        // The system looks for a free port for much longer where it does not know yet whom for.
                        socket.SetRawSocketOption(0, BindAddressNoPort, [1, 0, 0, 0]);
                        socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(1 + (i % addresses))]), 0));
                    }

                    await socket.ConnectAsync(port, end.Token);
                    Interlocked.Increment(ref opened);
                    if (tries == 0 && Interlocked.Decrement(ref untried) == 0)
                        allTried.SetResult();
                    await socket.ReceiveAsync(new byte[1], end.Token);
                }
                catch (Exception e) when (e is SocketException or OperationCanceledException)
                {
                    if (tries == 0 && !socket.Connected && Interlocked.Decrement(ref untried) == 0)
                        allTried.TrySetResult();
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
