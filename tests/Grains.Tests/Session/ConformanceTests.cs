using System.Text.Json;
using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Grains.Tests.Cluster;

namespace CoKe.Grains.Tests.Session;

/// <summary>The C# session passes the suite that sessions in every language pass.</summary>
public sealed class ConformanceTests : IAsyncLifetime
{
    // No step waits for long; one that would wait for ever is named.
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    TestCluster? _cluster;

    public static TheoryData<string> Scenarios => [.. ConformanceScenario.All.Select(scenario => scenario.Name)];

    public async Task InitializeAsync() => _cluster = await TestCluster.StartAsync(1);

    public async Task DisposeAsync() => await _cluster!.DisposeAsync();

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task Session_DoesAsTheScenarioSays(string name)
    {
        var scenario = ConformanceScenario.All.Single(one => one.Name == name);
        await using var play = new Play(scenario, _cluster!.Coke);
        await play.CreateAsync();
        foreach (var (i, step) in scenario.Steps.Index())
        {
            var error = await Record.ExceptionAsync(() => play.DoAsync(step).WaitAsync(Patience));
            var wanted = step.TryGetProperty("fails", out var fails) ? fails.GetString() : null;
            Assert.True(Kind(error) == wanted, $"Step {i} ({step}) ended in {error?.ToString() ?? "nothing wrong"}.");
        }

        await play.CompareAsync();
    }

    [Fact]
    public void Row_HasTheBitsOfEveryLanguage()
    {
        var told = ConformanceScenario.Embedding;
        var made = ConformanceScenario.Row(told.Seed, told.Image, told.Salt, told.Bits.Length);
        Assert.Equal(told.Bits, made.Select(BitConverter.SingleToUInt32Bits));
    }

    // As the problem documents of the HTTP door name them.
    static string? Kind(Exception? error) =>
        error switch
        {
            null => null,
            InvalidImageIdException => "invalid-image-id",
            InvalidEmbeddingsException => "invalid-embeddings",
            InvalidOptionsException => "invalid-options",
            RefusedBatchException => "refused-batch",
            RolledBackException => "rolled-back",
            FencedTrainerException => "fenced-trainer",
            UnknownRunException => "run-gone",
            _ => error.GetType().Name,
        };

    sealed class Play(ConformanceScenario scenario, CokeClient client) : IAsyncDisposable
    {
        readonly Dictionary<string, TrainerSession> _sessions = [];
        readonly string _run = $"conformance-{scenario.Run.Seed}";

        public Task<RunStatus> CreateAsync() => client.CreateRunAsync(new RunSpecification(_run, scenario.Options, scenario.Run.Trainers));

        public async Task DoAsync(JsonElement step)
        {
            string Text(string field) => step.GetProperty(field).GetString()!;
            int Number(string field) => step.GetProperty(field).GetInt32();
            TrainerSession By(string field = "by") => _sessions[Text(field)];
            switch (Text("do"))
            {
                case "create":
                    await CreateAsync();
                    break;
                case "delete":
                    await client.DeleteRunAsync(_run);
                    break;
                case "restore":
                    await client.RestoreRunAsync(_run, Number("attempt"));
                    break;
                case "open":
                    _sessions[Text("as")] = await client.OpenSessionAsync(_run, Number("rank"));
                    break;
                case "close":
                    await By().DisposeAsync();
                    break;
                case "push":
                    var (ids, rows) = scenario.Part(Text("part"), By().Epoch);
                    if (step.TryGetProperty("norm", out var norm))
                        rows = Array.ConvertAll(rows, value => value * norm.GetSingle());
                    await By().PushAsync(ids, rows);
                    break;
                case "replace":
                    var (others, values) = scenario.Part(Text("part"), By().Epoch);
                    By().Replace(Number("sequence"), others, values);
                    break;
                case "end":
                    await Task.WhenAll(step.GetProperty("by").EnumerateArray().Select(by => _sessions[by.GetString()!].EndEpochAsync()));
                    break;
                case "restart":
                    By().RestartEpoch();
                    break;
                case "adopt":
                    await By().AdoptAsync(Number("attempt"));
                    break;
                case "state":
                    Assert.Equal((Number("epoch"), Number("attempt")), (By("of").Epoch, By("of").Attempt));
                    break;
                case "processed":
                    for (var status = await client.GetStatusAsync(_run); status.Trainers[Number("rank")].NextExpected < Number("count");)
                        status = await client.WaitForChangeAsync(status);
                    break;
                case var other:
                    Assert.Fail($"Nothing is called '{other}'.");
                    break;
            }
        }

        /// <summary>Labels and centers of every committed epoch that can be read are those of Algorithm 1; the last can.</summary>
        public async Task CompareAsync()
        {
            using var oracle = new OnlineConstrainedKMeans(scenario.Options);
            foreach (var (epoch, steps) in scenario.Accepted.Index())
            {
                foreach (var step in steps)
                {
                    var (ids, rows) = scenario.Part(step, epoch);
                    oracle.Step(rows, ids);
                }

                oracle.EndEpoch();
            }

            var labels = await client.ReadLabelsAsync(_run, Enumerable.Range(0, scenario.Run.Images).ToArray());
            Assert.Equal(scenario.Accepted.Length - 1, labels.Epoch);
            Assert.Equal(oracle.Heads.Select(head => head.Labels.ToArray()), labels.Labels);
            var centers = await client.ReadCentersAsync(_run);
            Assert.Equal(oracle.Heads.Select(head => head.FrozenCenters()), centers.Centers);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var session in _sessions.Values)
                await session.DisposeAsync();
        }
    }
}
