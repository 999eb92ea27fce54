using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using CoKe.Abstractions;
using CoKe.Client;
using CoKe.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace CoKe.Web.Endpoints;

/// <summary>
/// What requests need to know of the runs that they name: asked for once, since a run never changes and its id is never used again. Nothing
/// else is kept between two requests.
/// </summary>
sealed partial class KnownRuns(CokeClient client)
{
    const int Most = 1024;

    readonly ConcurrentDictionary<string, RunReader> _known = new();

    /// <summary>A run by its id.</summary>
    /// <exception cref="UnknownRunException">No run can have that id.</exception>
    /// <exception cref="RunGoneException">It was deleted.</exception>
    public async ValueTask<RunReader> GetAsync(string runId, CancellationToken cancellation)
    {
        if (_known.TryGetValue(runId, out var known))
            return known;
        CheckId(runId);
        var reader = await client.OpenReaderAsync(runId, cancellation);
        if (_known.Count >= Most)
            _known.Clear(); // they are asked for once more
        return _known[runId] = reader;
    }

    /// <summary>A run was deleted: what comes for it from now on is asked for, and learns it.</summary>
    public void Forget(string runId) => _known.TryRemove(runId, out _);

    /// <summary>Answers a request that names a run which is no more with <see cref="RunGoneException"/>.</summary>
    public async ValueTask<object?> WatchAsync(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        var runId = (string)call.HttpContext.Request.RouteValues["run"]!;
        CheckId(runId);
        try
        {
            return await next(call);
        }
        catch (UnknownRunException)
        {
            Forget(runId);
            throw new RunGoneException(runId);
        }
    }

    // What cannot be a run's id reaches no grain: not even to be told that there is none.
    static void CheckId(string runId)
    {
        if (!Id().IsMatch(runId) || !RunSpecification.IsName(Keys.RunName(runId)))
            throw new UnknownRunException(runId);
    }

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}~[0-9a-f]{8}\z")]
    private static partial Regex Id();
}
