// Preloaded into a command: its clock runs so fast that budgets of minutes are spent in seconds. Pauses last as they are.
const now = performance.now.bind(performance);
performance.now = () => now() * 300;
