using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CoKe.Web.Tests.Driving;

/// <summary>A run as a program in another language has it: paths, bytes and JSON, and nothing of ours.</summary>
sealed class HttpRun
{
    readonly HttpClient _http;

    HttpRun(HttpClient http, RunWords words, string id) => (_http, Words, Id) = (http, words, id);

    public RunWords Words { get; }

    public string Id { get; }

    public string Path => $"/v1/runs/{Id}";

    public static async Task<HttpRun> CreateAsync(HttpClient http, RunWords words)
    {
        var answer = (await Answer.OfAsync(http.PostAsync("/v1/runs", Body.Json(words.ToJson())))).Good();
        return new HttpRun(http, words, answer.Json.GetProperty("runId").GetString()!);
    }

    /// <summary>The same run, asked by somebody else.</summary>
    public HttpRun By(HttpClient http) => new(http, Words, Id);

    public Task<Answer> GetAsync(string rest = "") => Answer.OfAsync(_http.GetAsync($"{Path}{rest}"));

    public Task<Answer> PostAsync(string rest, HttpContent? body = null) => Answer.OfAsync(_http.PostAsync($"{Path}{rest}", body));

    public Task<Answer> PutAsync(string rest, HttpContent? body = null) => Answer.OfAsync(_http.PutAsync($"{Path}{rest}", body));

    public Task<Answer> DeleteAsync() => Answer.OfAsync(_http.DeleteAsync(Path));

    public Task<Answer> RestoreAsync(int attempt) => PostAsync($"/restore?attempt={attempt}");

    public async Task<JsonElement> StatusAsync() => (await GetAsync()).Good().Json;

    /// <summary>The run once it is as asked; every wait is for its next change.</summary>
    public async Task<JsonElement> StatusAsync(Func<JsonElement, bool> isThere)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var status = await StatusAsync();
        while (!isThere(status))
        {
            Assert.False(patience.IsCancellationRequested, $"It never came: {status}");
            status = (await GetAsync($"?after={status.GetProperty("stamp").GetInt64()}")).Good().Json;
        }

        return status;
    }

    public Task<Answer> OpenAsync(int rank = 0, string trainer = "trainer-one", int after = 0) =>
        PostAsync($"/ranks/{rank}", Body.Json(new JsonObject { ["trainer"] = trainer, ["after"] = after }));

    /// <summary>Takes a rank, and tells its generation.</summary>
    public async Task<int> OpenedAsync(int rank = 0, string trainer = "trainer-one", int after = 0) =>
        (await OpenAsync(rank, trainer, after)).Good().Json.GetProperty("generation").GetInt32();

    public static string Part(int rank, int epoch, int attempt, long n, int generation) =>
        string.Create(CultureInfo.InvariantCulture, $"/ranks/{rank}/epochs/{epoch}/attempts/{attempt}/batches/{n}?generation={generation}");

    public Task<Answer> PushAsync(
        long n,
        byte[] body,
        int rank = 0,
        int epoch = 0,
        int attempt = 0,
        int generation = 1,
        bool npy = false
    ) => PutAsync(Part(rank, epoch, attempt, n, generation), Body.Of(body, npy ? Body.Npy : Body.Raw));

    public Task<Answer> EndAsync(long count, int rank = 0, int epoch = 0, int attempt = 0, int generation = 1) =>
        PutAsync($"/ranks/{rank}/epochs/{epoch}/attempts/{attempt}/end?generation={generation}&count={count}");

    public Task<Answer> PollAsync(int rank = 0, int generation = 1, long after = 0) =>
        GetAsync($"/ranks/{rank}/progress?generation={generation}&after={after}");

    /// <summary>The progress once it is as asked.</summary>
    public async Task<JsonElement> ProgressAsync(Func<JsonElement, bool> isThere, int rank = 0, int generation = 1)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var stamp = 0L;
        while (true)
        {
            var answer = await PollAsync(rank, generation, stamp);
            if (answer.Status != HttpStatusCode.ServiceUnavailable)
            {
                var progress = answer.Good().Json;
                if (isThere(progress))
                    return progress;
                stamp = progress.GetProperty("stamp").GetInt64();
            }

            Assert.False(patience.IsCancellationRequested, "It never came.");
        }
    }

    /// <summary>One epoch of a run of one rank: its images in order.</summary>
    public async Task<JsonElement> EpochAsync(float[] rows, int epoch = 0, int attempt = 0, int generation = 1)
    {
        var parts = Enumerable.Range(0, Words.ImageCount).Chunk(Words.BatchSize).ToArray();
        for (var n = 0; n < parts.Length; n++)
            (
                await PushAsync(
                    n,
                    Body.Part(parts[n], UnitRows.Of(rows, parts[n], Words.Dimension)),
                    epoch: epoch,
                    attempt: attempt,
                    generation: generation
                )
            ).Good(HttpStatusCode.Accepted);
        (await EndAsync(parts.Length, epoch: epoch, attempt: attempt, generation: generation)).Good(HttpStatusCode.Accepted);
        return await StatusAsync(status => status.GetProperty("epoch").GetInt32() > epoch);
    }

    /// <summary>Random rows for all of its images.</summary>
    public float[] Rows(int seed = 1) => UnitRows.Random(seed, Words.ImageCount, Words.Dimension);

    /// <summary>What a trainer tells of itself, as JSON.</summary>
    public Task<Answer> ReportAsync(JsonNode? report, int rank = 0, int generation = 1) =>
        PutAsync($"/ranks/{rank}/report?generation={generation}", Body.Json(report!));

    /// <summary>Says that a trainer is done.</summary>
    public Task<Answer> FinishAsync(int rank = 0, int generation = 1) => PostAsync($"/ranks/{rank}/finish?generation={generation}");

    /// <summary>Everything of the run that a request could change, to be compared; not how long its trainers have said nothing.</summary>
    public async Task<string> StateAsync()
    {
        var status = await StatusAsync();
        return string.Join(
            ' ',
            [
                .. new[] { "stamp", "incarnation", "attempt", "epoch", "step", "rowsInEpoch", "rowsAccepted", "fault" }.Select(word =>
                    status.GetProperty(word).GetRawText()
                ),
                .. status
                    .GetProperty("trainers")
                    .EnumerateArray()
                    .SelectMany(trainer =>
                        new[] { "rank", "generation", "nextExpected", "ended", "isFinished", "report" }.Select(word =>
                            trainer.GetProperty(word).GetRawText()
                        )
                    ),
            ]
        );
    }
}
