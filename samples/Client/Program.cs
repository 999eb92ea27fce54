using CoKe.Abstractions;
using CoKe.Access;
using CoKe.Client;
using CoKe.ConstrainedKMeans;

const int Images = 1_000,
    Dimension = 16,
    BatchSize = 50;

// What is clustered: one unit vector per image. Yours come from an encoder.
var random = new SeededRandom(1);
var embeddings = Enumerable.Range(0, Images * Dimension).Select(_ => (float)random.NextNormal()).ToArray();
RowNorms.MakeOne(embeddings, Dimension);

// A silo must run there: dotnet run -c Release --project src/Silo
var gateway = GatewayAddress.Parse(args.FirstOrDefault("localhost:30000"));
await using var coke = await CokeClient.ConnectAsync([gateway]);

var head = new HeadOptions { ClusterCount = 10, MinimumSizeRatio = 0.8 };
var clustering = new ClusteringOptions
{
    ImageCount = Images,
    Dimension = Dimension,
    BatchSize = BatchSize,
    Heads = [head],
};
var run = await coke.CreateRunAsync(new RunSpecification($"sample-{Guid.NewGuid():N}", clustering));
await using (var session = await coke.OpenSessionAsync(run.Name))
{
    for (var epoch = 0; epoch < 3; epoch++)
    {
        foreach (var images in Enumerable.Range(0, Images).Chunk(BatchSize))
            await session.PushAsync(images, RowsOf(images));
        Console.WriteLine(await session.EndEpochAsync());
    }

    await session.FinishAsync();
}

var labels = await coke.ReadLabelsAsync(run.Name, Enumerable.Range(0, Images).ToArray());
var centers = await coke.ReadCentersAsync(run.Name);
Console.WriteLine($"Image 0 is in cluster {labels.Labels[0][0]} of {centers.Centers[0].Length / Dimension}.");
Console.WriteLine(await coke.GetStatusAsync(run.Name));
await coke.DeleteRunAsync(run.Name);

float[] RowsOf(int[] images) => [.. images.SelectMany(i => embeddings[(i * Dimension)..((i + 1) * Dimension)])];
