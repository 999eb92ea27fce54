using System.Net;
using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Hosting;
using CoKe.Storage;
using CoKe.Storage.Sqlite;
using CoKe.Web;
using CoKe.Web.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// Usage: [DATABASE-FILE SILO-PORT GATEWAY-PORT]. Without a file nothing outlives the process.
var database = args is [var file, ..] ? file : null;
var (siloPort, gatewayPort) = args is [_, var first, var second] ? (int.Parse(first), int.Parse(second)) : (11111, 30000);

var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Orleans", LogLevel.Error);
builder.UseOrleans(silo =>
{
    silo.UseLocalhostClustering(siloPort, gatewayPort);
    silo.AddCoke();
    if (database is null)
        silo.UseMemory();
    else
        silo.UseSqlite(new SqliteOptions { Path = database });
});

// A service of the same process feeds it, as any service of yours could.
builder.Services.AddSingleton<CokeClient>();
builder.Services.AddHostedService<Feeder>();
await builder.Build().RunAsync();

sealed class Feeder(IClusterClient silo, CokeClient coke, IHostApplicationLifetime life) : BackgroundService
{
    const int Images = 600,
        Dimension = 8,
        BatchSize = 20;

    protected override async Task ExecuteAsync(CancellationToken stop)
    {
        try
        {
            // The same runs over HTTP, for programs in other languages. Port 0: any that is free.
            var place = new IPEndPoint(IPAddress.Loopback, 0);
            await using var door = await DoorHost.StartAsync(silo, place, new DoorOptions(), cancellation: stop);
            await FeedAsync(stop);
            Console.WriteLine(door);
        }
        finally
        {
            life.StopApplication();
        }
    }

    async Task FeedAsync(CancellationToken stop)
    {
        var clustering = new ClusteringOptions
        {
            ImageCount = Images,
            Dimension = Dimension,
            BatchSize = BatchSize,
            Heads = [new HeadOptions { ClusterCount = 6, MinimumSizeRatio = 0.5 }],
        };
        // The same name and options again: the run that is stored goes on.
        var run = await coke.CreateRunAsync(new RunSpecification("embedded", clustering), stop);
        Console.WriteLine($"before: {run}");
        await using var session = await coke.OpenSessionAsync(run.Name, cancellation: stop);
        foreach (var images in Enumerable.Range(0, Images).Chunk(BatchSize))
            await session.PushAsync(images, Embeddings(images), stop);
        Console.WriteLine(await session.EndEpochAsync(stop));
        Console.WriteLine($"after: {await coke.GetStatusAsync(run.Name, stop)}");
    }

    // Stands for an encoder: the same vector for the same image, always.
    static float[] Embeddings(int[] images)
    {
        var rows = new float[images.Length * Dimension];
        for (var i = 0; i < images.Length; i++)
        {
            var random = new SeededRandom(images[i]);
            foreach (ref var x in rows.AsSpan(i * Dimension, Dimension))
                x = (float)random.NextNormal();
        }

        RowNorms.MakeOne(rows, Dimension);
        return rows;
    }
}
