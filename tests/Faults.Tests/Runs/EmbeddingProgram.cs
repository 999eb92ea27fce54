using CoKe.Access;
using CoKe.Client;
using CoKe.Grains.Hosting;

namespace CoKe.Faults.Tests.Runs;

/// <summary>A program as others write it: it embeds a silo, connects a client to it, and says nothing of signals.</summary>
static class EmbeddingProgram
{
    /// <summary>The only argument that has this run instead of the commands, which take signals themselves.</summary>
    public const string Name = "embed";

    public static async Task RunAsync()
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        await using var coke = await CokeClient.ConnectAsync(
            new CokeConnection
            {
                Gateways = [silo.Gateway],
                Token = silo.Token,
                Cluster = silo.Cluster,
            }
        );
        Console.WriteLine("embedded");
        await Task.Delay(Timeout.Infinite);
    }
}
