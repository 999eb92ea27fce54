namespace CoKe.Trainer.Training;

/// <summary>The learning rate of a step: it rises linearly from 0 during warm-up, then falls to 0 along half a cosine.</summary>
/// <param name="Peak">The learning rate after warm-up.</param>
/// <param name="WarmUpSteps">Steps of warm-up, 0 for none.</param>
/// <param name="TotalSteps">All steps of the run.</param>
readonly record struct LearningRateSchedule(double Peak, int WarmUpSteps, int TotalSteps)
{
    /// <summary>The rate of step <paramref name="step"/>, from 0.</summary>
    public double At(int step) =>
        step < WarmUpSteps
            ? Peak * step / WarmUpSteps
            : Peak * 0.5 * (1 + Math.Cos(Math.PI * (step - WarmUpSteps) / Math.Max(1, TotalSteps - WarmUpSteps)));

    /// <summary>
    /// The peak for another batch size by the linear rule, rate x b / 256, which the large-batch literature uses. The paper itself sets
    /// 0.8, 1.2 and 1.6 for 256, 512 and 1024 (Table 9): 0.4 by this rule meets the last, and the smaller batches then get less than the
    /// paper's.
    /// </summary>
    public static double ScaledPeak(double ratePer256Images, int batchSize) => ratePer256Images * batchSize / 256;
}
