using CoKe.Abstractions;

namespace CoKe.Client.Gateways;

/// <summary>
/// Has something to answer sent to the gateways every second, so that one whose answers take long is silent only when its silo stands
/// still; see <see cref="SilenceWatch"/>.
/// </summary>
sealed class GatewayPulse : IAsyncDisposable
{
    const int Keys = 16; // Orleans spreads them over the gateways

    readonly CancellationTokenSource _end = new();
    readonly Task _beating;

    public GatewayPulse(IClusterClient client) =>
        _beating = BeatAsync([.. Enumerable.Range(0, Keys).Select(key => client.GetGrain<IPulseGrain>(key))]);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _beating;
        _end.Dispose();
    }

    async Task BeatAsync(IPulseGrain[] pulses)
    {
        using var timer = new PeriodicTimer(GatewayTimes.Pulse);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token))
                foreach (var pulse in pulses)
                    pulse.BeatAsync().Ignore();
        }
        catch (OperationCanceledException) { }
    }
}
