namespace CoKe.Grains.Tests.Streams;

/// <summary>A silo of two stops while producers send.</summary>
public sealed class SiloStopTests(TwoSilos cluster) : IClassFixture<TwoSilos>
{
    [Fact]
    public async Task Silo_StopsUnderTraffic_StreamsGoOnThroughTheOther()
    {
        string[] names = [.. Enumerable.Range(0, 8).Select(s => $"silo-stop-{s}")];
        var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sending = Task.WhenAll(
            names.Select(async name =>
            {
                for (var n = 0; n < 40; n++)
                {
                    await SendUntilAcceptedAsync(name, n);
                    if (n == 20)
                    {
                        half.TrySetResult();
                    }
                }
            })
        );

        await half.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await cluster.Cluster.StopSiloAsync(cluster.Cluster.Silos[1]);
        await sending.WaitAsync(TimeSpan.FromMinutes(1));

        // What the stopped silo's queues held is gone: a producer that needs every event sends again what it sees no effect of.
        foreach (var name in names)
        {
            for (var packets = Recorder.Of(name).Packets; Missing(packets) is { Length: > 0 } missing; packets = Recorder.Of(name).Packets)
            {
                foreach (var n in missing)
                {
                    await SendUntilAcceptedAsync(name, n);
                }

                await Recorder.Of(name).WaitForAsync(packets.Length + 1);
            }
        }
    }

    static int[] Missing(Packet[] packets) => [.. Enumerable.Range(0, 40).Except(packets.Select(packet => packet.Number))];

    async Task SendUntilAcceptedAsync(string name, int number)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await cluster.Stream(name).OnNextAsync(Packet.Of(0, number, StreamCluster.PacketBytes));
                return;
            }
            catch (Exception e) when (attempt < 100 && e is Orleans.Runtime.OrleansException or TimeoutException)
            {
                // The outcome is unknown: it is sent again.
            }
        }
    }
}
