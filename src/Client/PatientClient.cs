using CoKe.Abstractions;
using CoKe.Client.Gateways;
using CoKe.Errors;
using Microsoft.Extensions.DependencyInjection;

namespace CoKe.Client;

/// <summary>
/// Asks again what failed only because a silo died, stopped or recovers, as sessions do. Everything that is asked through it may be
/// repeated.
/// </summary>
sealed class PatientClient(IClusterClient client)
{
    readonly GatewayWatch? _gateways = client.ServiceProvider.GetService<GatewayWatch>();

    /// <summary>How long it asks; above zero.</summary>
    public TimeSpan GiveUpAfter { get; set; } = ClientTimes.ClientGivesUp;

    /// <summary>Asks until there is an answer.</summary>
    /// <param name="answer">How long to wait for one before it is asked again.</param>
    /// <param name="question">What to ask.</param>
    /// <param name="cancellation">Gives up waiting; what was asked goes on by itself.</param>
    /// <exception cref="SilosSilentException">There was none for <see cref="GiveUpAfter"/>.</exception>
    /// <exception cref="RunRecoveringException">There was none for that long but that the run recovers.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<T> AskAsync<T>(TimeSpan answer, Func<Task<T>> question, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await (_gateways is null ? question() : _gateways.AskAsync(question)).WaitOrIgnoreAsync(cancellation, answer);
            }
            catch (Exception e) when (PassingErrors.IsPassing(e) || e is StaleCallException)
            {
                cancellation.ThrowIfCancellationRequested();
                var silence = TimeProvider.System.GetElapsedTime(began);
                if (silence > GiveUpAfter)
                    throw e is CokeException ? e : new SilosSilentException(silence, e);
                await Task.Delay(ClientTimes.Pause, cancellation);
            }
        }
    }

    /// <summary>Has something done that may be done twice.</summary>
    public Task DoAsync(TimeSpan answer, Func<Task> deed, CancellationToken cancellation) =>
        AskAsync(
            answer,
            async () =>
            {
                await deed();
                return true;
            },
            cancellation
        );
}

/// <summary>Silos that a client was connected to have not answered for too long.</summary>
/// <param name="silence">For how long.</param>
/// <param name="inner">What the last question ended in.</param>
public sealed class SilosSilentException(TimeSpan silence, Exception inner)
    : CokeException(
        "gateway",
        $"{silence.TotalSeconds:f0} s",
        $"No silo has answered for {silence.TotalSeconds:f0} s: see that they run, then repeat this, or raise GiveUpAfter.",
        inner
    );
