using Microsoft.Extensions.Logging;

namespace CoKe.Grains.Hosting;

/// <summary>Says in one line each which silo has come and which is gone; what follows for Orleans' own connections and calls need not be
/// told.</summary>
sealed partial class SiloNews(ISiloStatusOracle oracle, ILocalSiloDetails self, ILogger<SiloNews> log)
    : ILifecycleParticipant<ISiloLifecycle>,
        ISiloStatusListener
{
    readonly HashSet<SiloAddress> _present = [];

    // So early that those are told too that are there already.
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(SiloNews), ServiceLifecycleStage.RuntimeInitialize, _ =>
        {
            oracle.SubscribeToSiloStatusEvents(this);
            return Task.CompletedTask;
        });

    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (updatedSilo.Equals(self.SiloAddress))
            return; // of its own end Orleans tells
        lock (_present)
        {
            if (status == SiloStatus.Active && _present.Add(updatedSilo))
                LogCame(log, $"{updatedSilo.Endpoint}");
            else if (status == SiloStatus.Dead && _present.Remove(updatedSilo))
                LogGone(log, $"{updatedSilo.Endpoint}");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {silo} takes part.")]
    static partial void LogCame(ILogger log, string silo);

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {silo} is gone.")]
    static partial void LogGone(ILogger log, string silo);
}
