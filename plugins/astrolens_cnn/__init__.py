"""The compact residual classifier of strong lenses; an ordinary plugin that knows `astrolens_gui.api` and `.kit`
only."""
